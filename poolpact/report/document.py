"""conformance.json: read, and held against its schema."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import Draft202012Validator, FormatChecker

from poolpact.contract.files import CONTRACTS
from poolpact.errors import PoolpactError
from poolpact.report.printable import one_line

Document = dict[str, Any]
"""A conformance report, as contracts/schemas/conformance.json describes it."""

SCHEMA = CONTRACTS / "schemas" / "conformance.json"
MOST_BYTES = 256 * 1024 * 1024
"""What a report may be long."""
_LONGEST_REASON = 300
_EXIT_CODES = {"conformant": 0, "not conformant": 1, "incomplete": 1, "could not judge": 2}


class InvalidReport(PoolpactError):
    """It is not a conformance report, or one that contradicts itself; the message says where."""


def read_report(path: Path) -> Document:
    """The report in the file ``path``; raises InvalidReport, in one line that names the file, on whatever is wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InvalidReport(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > MOST_BYTES:
        raise InvalidReport(f"{path}: more than {MOST_BYTES} bytes are no conformance report")
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise InvalidReport(f"{path}: nested too deeply for a conformance report") from None
    except ValueError as error:
        raise InvalidReport(f"{path}: not JSON: {one_line(str(error), _LONGEST_REASON)}") from None
    try:
        check_report(document)
    except InvalidReport as error:
        raise InvalidReport(f"{path}: {error}") from None
    return document  # type: ignore[no-any-return]


def check_report(document: Any) -> None:
    """Raise InvalidReport unless ``document`` keeps the schema, can be written as JSON, and its ids are unique and known."""
    try:
        error = next(_validator().iter_errors(document), None)
        if error is None:
            json.dumps(document, allow_nan=False)
    except RecursionError:
        raise InvalidReport("nested too deeply for a conformance report") from None
    except (TypeError, ValueError) as reason:
        raise InvalidReport(f"cannot be written as JSON: {one_line(str(reason), _LONGEST_REASON)}") from None
    if error is not None:
        place = "".join(f"/{part}" for part in error.absolute_path) or "/"
        raise InvalidReport(f"not a conformance report: {one_line(f'{place}: {error.message}', _LONGEST_REASON)}")
    for contradiction in _contradictions(document):
        raise InvalidReport(f"a report that contradicts itself: {one_line(contradiction, _LONGEST_REASON)}")


def _contradictions(document: Document) -> Iterator[str]:
    requirements = [requirement["id"] for requirement in document["requirements"]]
    scenarios = [scenario["id"] for scenario in document["scenarios"]]
    yield from (f"requirement {name} is there twice" for name in _repeated(requirements))
    yield from (f"scenario {name} is there twice" for name in _repeated(scenarios))
    known = set(requirements)
    yield from (
        f"scenario {scenario['id']} is of requirement {scenario['requirement']}, which is not there"
        for scenario in document["scenarios"]
        if scenario["requirement"] not in known
    )
    owners = {scenario["id"]: scenario["requirement"] for scenario in document["scenarios"]}
    for requirement in document["requirements"]:
        for name in requirement["scenarios"]:
            if owners.get(name) != requirement["id"]:
                yield f"requirement {requirement['id']} names scenario {name}, which is not one of its own"
    verdicts = Counter(requirement["verdict"] for requirement in document["requirements"])
    for verdict, count in document["counts"].items():
        if count != verdicts[verdict]:
            yield f"{count} requirements are counted as {verdict}, and {verdicts[verdict]} are"
    if document["exit_code"] != _EXIT_CODES[document["verdict"]]:
        yield f"the verdict is {document['verdict']}, and the exit code {document['exit_code']}"


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


@cache
def _validator() -> Draft202012Validator:
    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(_is_date_time)
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=formats)


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
