"""A report on the disk: conformance.json for programs, junit.xml for CI, index.html for people."""

import json
import os
from pathlib import Path

from poolpact.errors import PoolpactError
from poolpact.report.document import Document, check_report
from poolpact.report.junit import junit_of
from poolpact.report.page import page_of

REPORT = "conformance.json"
JUNIT = "junit.xml"
PAGE = "index.html"


class CannotWrite(PoolpactError):
    """The folder or a file in it cannot be written; the message names it and says why."""


def write_reports(document: Document, folder: Path) -> None:
    """Write the three files into ``folder``, which is made where it is missing; each replaces an older one as a whole.

    Raises InvalidReport, before anything is written, and CannotWrite.
    """
    check_report(document)
    pretty = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    contents = {REPORT: f"{pretty}\n", JUNIT: junit_of(document), PAGE: page_of(document)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            _write(folder / name, content)
    except (OSError, ValueError) as error:
        raise CannotWrite(f"the report cannot be written to {folder}: {getattr(error, 'strerror', None) or error}") from None


def _write(path: Path, content: str) -> None:
    """Write ``content``; a lone surrogate becomes ``\\ud800``, which JSON reads as what it was."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
