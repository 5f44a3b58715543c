"""``poolpact compare A B``."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from poolpact.report.comparison import as_json, as_text
from poolpact.report.comparison import compare as compare_reports
from poolpact.report.document import read_report


def compare(
    before: Annotated[Path, typer.Argument(metavar="A.json", help="the conformance.json of the earlier run")],
    after: Annotated[Path, typer.Argument(metavar="B.json", help="that of the later one")],
    as_json_: Annotated[bool, typer.Option("--json", help="print it for programs", show_default=False)] = False,
) -> int:
    """Put two reports of `poolpact check` side by side: what got better, worse, is new or gone.

    Exits 0 when nothing got worse, 1 when something did, 2 when the two cannot be compared.
    """
    comparison = compare_reports(read_report(before), read_report(after))
    if as_json_:
        print(json.dumps(as_json(comparison), indent=2))
    else:
        Console(file=sys.stdout, highlight=False, soft_wrap=True).print(as_text(comparison))
    return 1 if comparison.worse else 0
