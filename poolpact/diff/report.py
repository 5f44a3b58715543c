"""A comparison as people and as programs read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from poolpact.diff.canonical import text
from poolpact.diff.changes import ABSENT, BOTH, CONSUMERS, NEITHER, PROVIDERS, Change, Place
from poolpact.diff.comparison import Comparison
from poolpact.diff.lines import Lines
from poolpact.diff.verdict import Bump

_HEADINGS = {
    BOTH: ("breaks consumers and providers", "bold red"),
    CONSUMERS: ("breaks consumers", "bold red"),
    PROVIDERS: ("breaks providers", "bold red"),
    NEITHER: ("breaks neither", "bold green"),
}
_UNDECIDED = "cannot be decided: treated as a break"
_MOST_PLACES = 2
_MOST_CHARACTERS = 100


@dataclass(frozen=True)
class Finding:
    """One change of the text of the contract, and every place that it changes, each with the ``file:line`` where that is said."""

    change: Change
    places: tuple[tuple[Place, str], ...]

    @property
    def of_pact(self) -> bool:
        """Whether the places are interactions, each of which is a change of its own."""
        return _is_of_pact(self.change)

    @property
    def count(self) -> int:
        """How many changes it is."""
        return len(self.places) if self.of_pact else 1


def findings(comparison: Comparison) -> list[Finding]:
    """The changes; those together that come from one line, since a schema is used in many places, or from one pact."""
    old, new = Lines(comparison.old), Lines(comparison.new)
    found: dict[tuple[str, ...], list[tuple[Change, str]]] = {}
    for change in comparison.changes:
        line = _line(change, old, new)
        home = change.place.file if _is_of_pact(change) else line
        key = (home, change.what, _json(change.old), _json(change.new), *sorted(change.breaks), str(change.undecided))
        found.setdefault(key, []).append((change, line))
    return [Finding(group[0][0], tuple((change.place, line) for change, line in group)) for group in found.values()]


def as_text(comparison: Comparison) -> Text:
    """For people: what breaks first, one paragraph a heading, the verdict at the end."""
    old, new, verdict = comparison.old, comparison.new, comparison.verdict
    output = Text(f"{old.name} ({verdict.old}) → {new.name} ({verdict.new})\n")
    if not (old.whole and new.whole):
        output.append("only openapi.yaml is compared: one of them is a single file\n")
    everything = findings(comparison)
    for sides, (heading, style) in _HEADINGS.items():
        group = [finding for finding in everything if finding.change.breaks == sides]
        if group:
            output.append(f"\n{heading}\n", style)
            for finding in group:
                output.append_text(_of_finding(finding))
    output.append("\n")
    for line, style in _ending(comparison, everything):
        output.append(f"{line}\n", style)
    return output


def as_json(comparison: Comparison) -> dict[str, Any]:
    """For programs: the same, every place of every change with it."""
    verdict = comparison.verdict
    return {
        "old": {"name": comparison.old.name, "version": str(verdict.old)},
        "new": {"name": comparison.new.name, "version": str(verdict.new)},
        "whole": comparison.old.whole and comparison.new.whole,
        "changes": [_finding_as_json(finding) for finding in findings(comparison)],
        "wording": comparison.wording,
        "bump": {
            "rule": verdict.rule,
            "asks": verdict.asks.name.lower(),
            "least": str(verdict.least),
            "enough": verdict.enough,
        },
    }


def _is_of_pact(change: Change) -> bool:
    return change.place.file.startswith("pacts/")


def _line(change: Change, old: Lines, new: Lines) -> str:
    """Where it stands now; where it stood, when it is gone."""
    line, whole = new.of(change.place, change.what)
    if whole:
        return line
    before, stood = old.of(change.place, change.what)
    return before if stood else line


def _of_finding(finding: Finding) -> Text:
    change = finding.change
    shown = [_place(place) for place, _ in finding.places[:_MOST_PLACES]]
    more = len(finding.places) - _MOST_PLACES
    output = Text("".join(f"  {place}\n" for place in shown))
    if more > 0:
        output.append(f"  and {_count(more, 'more interaction' if finding.of_pact else 'more place')}\n")
    output.append(f"      {change.what}{_values(change)}")
    if change.undecided:
        output.append(f" ({_UNDECIDED})", "yellow")
    output.append(f"  {finding.places[0][1]}\n", "dim")
    return output


def _place(place: Place) -> str:
    pointer = "".join(f"/{part}" for part in place.pointer)
    return " ".join(part for part in (place.operation or place.file, place.part, pointer) if part)


def _values(change: Change) -> str:
    old, new = change.old, change.new
    if old is ABSENT and new is ABSENT:
        return ""
    if old is ABSENT or new is ABSENT:
        return f": {_short(new if old is ABSENT else old)}" if _is_of_its_own(change) else f": {_short(old)} → {_short(new)}"
    if isinstance(old, list) and isinstance(new, list):
        return f": {_difference(old, new)}"
    return f": {_short(old)} → {_short(new)}"


def _is_of_its_own(change: Change) -> bool:
    return change.what.startswith("new ") or change.what.endswith("removed")


def _difference(old: list[Any], new: list[Any]) -> str:
    olds, news = {text(value): value for value in old}, {text(value): value for value in new}
    lost = ", ".join(_short(value) for key, value in olds.items() if key not in news)
    gained = ", ".join(_short(value) for key, value in news.items() if key not in olds)
    return "; ".join(part for part in (f"loses {lost}" if lost else "", f"gains {gained}" if gained else "") if part)


def _short(value: Any) -> str:
    if value is ABSENT:
        return "none"
    said = text(value)
    return said if len(said) <= _MOST_CHARACTERS else f"{said[: _MOST_CHARACTERS - 1]}…"


def _ending(comparison: Comparison, everything: list[Finding]) -> Iterator[tuple[str, str]]:
    verdict, wording = comparison.verdict, comparison.wording
    counts = [
        (sum(finding.count for finding in everything if finding.change.breaks == sides), name) for sides, name in _COUNTED.items()
    ]
    listed = ", ".join(f"{count} {name}" for count, name in counts if count)
    yield (f"{_count(sum(count for count, _ in counts), 'change')}: {listed}" if everything else "no change"), "bold"
    if wording:
        differ = "text or example differs" if wording == 1 else "texts and examples differ"
        yield f"{wording} {differ}, which breaks neither", ""
    if verdict.asks is Bump.NONE:
        return
    cause = "a break" if comparison.breaking() else "a change without a break" if everything else "wording"
    said = f"{comparison.new.name} says {verdict.new}"
    judged = "which is enough" if verdict.enough else "which is not enough"
    yield (
        f"{cause} asks for a {verdict.asks.name.lower()} bump, {verdict.least} or later; {said}, {judged}",
        ("green" if verdict.enough else "yellow"),
    )
    yield f"({verdict.rule})", "dim"


_COUNTED = {
    BOTH: "breaking both sides",
    CONSUMERS: "breaking consumers",
    PROVIDERS: "breaking providers",
    NEITHER: "breaking neither",
}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _json(value: Any) -> str:
    return "" if value is ABSENT else text(value)


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    change = finding.change
    values = {name: value for name, value in (("from", change.old), ("to", change.new)) if value is not ABSENT}
    return {
        "what": change.what,
        **values,
        "breaks": sorted(change.breaks),
        "undecided": change.undecided,
        "places": [_place_as_json(place) | {"line": line} for place, line in finding.places],
    }


def _place_as_json(place: Place) -> dict[str, Any]:
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in place.pointer)
    said = {"operation": place.operation, "part": place.part, "status": place.status, "pointer": pointer}
    return {"file": place.file, **{name: value for name, value in said.items() if value}}
