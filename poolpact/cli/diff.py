"""``poolpact diff OLD NEW``."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from poolpact.diff import compare, read_version
from poolpact.diff.report import as_json, as_text

_VERSION = "an openapi.yaml, a contracts/ folder, or a git revision, whose contracts/ folder is meant"


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help=_VERSION)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="the same")],
    as_json_: Annotated[bool, typer.Option("--json", help="print it for programs", show_default=False)] = False,
) -> int:
    """Compare two versions of the contract: what changed, and whom it breaks.

    Exits 0 when nothing breaks, 1 when something does, 2 when the two cannot be compared.
    """
    comparison = compare(read_version(old), read_version(new))
    if as_json_:
        print(json.dumps(as_json(comparison), indent=2, ensure_ascii=False))
    else:
        Console(file=sys.stdout, highlight=False, soft_wrap=True).print(as_text(comparison), end="")
    return 1 if comparison.breaking() else 0
