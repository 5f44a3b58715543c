"""``poolpact list``: what the suite holds."""

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from poolpact import __version__

What = Literal["requirements", "scenarios", "profiles"]
_HEADS = {
    "requirements": ("id", "level", "profile", "side", "needs", "modes", "scenarios", "sentence"),
    "scenarios": ("id", "requirement", "place", "tags", "name"),
    "profiles": ("profile", "side", "MUST", "SHOULD", "scenarios"),
}
_ROOM = 40
"""Columns of a terminal that a sentence needs to be read beside the rest."""


def list_(
    what: Annotated[What, typer.Argument(help="what to list")] = "requirements",
    as_json: Annotated[bool, typer.Option("--json", help="print it for programs", show_default=False)] = False,
    side: Annotated[
        Literal["daemon", "orchestrator"] | None, typer.Option(help="only what is held against this side", show_default=False)
    ] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="only this profile", show_default=False)] = None,
) -> int:
    """List the requirements, the scenarios or the profiles of the suite.

    With --json one object: suite_version, and under the name of what was asked for a list, in the same order as without.
    A requirement has id, level, side, profile, needs, modes, scenarios (how many), sentence and why; a scenario has id,
    requirement, side, profile, place, name and tags; a profile has name, side, must, should and scenarios (how many of each).
    Members may be added, none is removed or changes its meaning within a major version.
    """
    entries = _entries(what, side, profile)
    if as_json:
        print(json.dumps({"suite_version": __version__, what: entries}, indent=2, ensure_ascii=False))
    else:
        _show(_HEADS[what], [_row(what, entry) for entry in entries])
    return 0


def _entries(what: What, side: str | None, profile: str | None) -> list[dict[str, Any]]:
    from poolpact.catalogue import Selection, profiles_in, requirements_in, scenarios_in
    from poolpact.requirements import load_requirements

    requirements, selection = load_requirements(), Selection(side, profile)
    if what == "profiles":
        return [
            {"name": each.name, "side": each.side, "must": each.must, "should": each.should, "scenarios": each.scenarios}
            for each in profiles_in(requirements, selection)
        ]
    scenarios = scenarios_in(requirements, selection)
    if what == "scenarios":
        return [
            {
                "id": each.id,
                "requirement": each.requirement.id,
                "side": each.requirement.side,
                "profile": each.requirement.profile,
                "place": each.place,
                "name": each.name,
                "tags": list(each.tags),
            }
            for each in scenarios
        ]
    many = Counter(each.requirement.id for each in scenarios)
    return [
        {
            "id": each.id,
            "level": each.level,
            "side": each.side,
            "profile": each.profile,
            "needs": each.needs,
            "modes": list(each.modes),
            "scenarios": many[each.id],
            "sentence": each.sentence,
            "why": each.why,
        }
        for each in requirements_in(requirements, selection)
    ]


def _row(what: What, entry: dict[str, Any]) -> list[str]:
    if what == "profiles":
        counts = [str(entry["must"]), str(entry["should"]), str(entry["scenarios"])]
        has_any = entry["must"] or entry["should"]
        return [entry["name"], entry["side"], *(counts if has_any else ["-", "-", "no requirement yet"])]
    entry = {**entry, "modes": ",".join(entry.get("modes", ())), "tags": " ".join(f"@{tag}" for tag in entry.get("tags", ()))}
    return [str(entry[head]) for head in _HEADS[what]]


def _show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: every row is one line, and on a terminal, where that is too long, goes on below."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads) - 1)]
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    width = console.width if console.is_terminal else None
    for row in [heads, *rows]:
        style = "bold" if row is heads else ""
        for line in _lines([cell.ljust(least) for cell, least in zip(row, widths, strict=False)], row[-1], width):
            console.print(Text(line, style))


def _lines(cells: Sequence[str], last: str, width: int | None) -> list[str]:
    """The lines of one row. The last cell is folded beside the others, or below them where there is little room left."""
    beside = "".join(f"{cell}  " for cell in cells)
    if width is None or len(beside) + len(last) <= width:
        return [(beside + last).rstrip()]
    if width - len(beside) >= _ROOM:
        return textwrap.wrap(last, width, initial_indent=beside, subsequent_indent=" " * len(beside))
    first = [beside.rstrip()] if len(beside.rstrip()) <= width else [cells[0].rstrip(), *_below(" ".join(cells[1:]), width)]
    return [*first, *_below(last, width)]


def _below(text: str, width: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width, initial_indent="    ", subsequent_indent="    ")
