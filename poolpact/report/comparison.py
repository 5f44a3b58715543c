"""Two runs side by side: what got better, worse, is new or gone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rich.text import Text

from poolpact.errors import PoolpactError
from poolpact.report.document import Document
from poolpact.report.findings import NOT_JUDGED, STANDINGS, is_known, many, standing
from poolpact.report.printable import one_line

Direction = Literal["worse", "better", "changed", "new", "gone"]
"""``changed``: neither better nor worse, such as a failure that is not exercised any more, which proves nothing."""

_HEADINGS: dict[Direction, tuple[str, str]] = {
    "worse": ("worse", "bold red"),
    "better": ("better", "bold green"),
    "changed": ("changed, for neither better nor worse", "bold yellow"),
    "new": ("new", "bold"),
    "gone": ("gone", "bold"),
}
_UNPROVEN = ("not_claimed", "not_testable", "not_exercised", "harness_error")
_RANKS = {"could not judge": 0, "not conformant": 1, "incomplete": 2, "conformant": 3}
_LONGEST_LINE = 300


class CannotCompare(PoolpactError):
    """The two are about different kinds of subject."""


@dataclass(frozen=True, slots=True)
class Change:
    """A requirement or a scenario that is not what it was; ``before`` and ``after`` say where it stands, None where it is not."""

    direction: Direction
    kind: Literal["requirement", "scenario"]
    id: str
    requirement: str
    text: str
    before: str | None
    after: str | None
    reason: str
    known: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between the run ``before`` and the run ``after``."""

    before: Document
    after: Document
    changes: tuple[Change, ...]

    @property
    def verdict(self) -> Direction | None:
        """What became of the verdict; None where it is the same."""
        old, new = (_RANKS[document["verdict"]] for document in (self.before, self.after))
        return None if old == new else "worse" if new < old else "better"

    @property
    def worse(self) -> bool:
        """Whether the verdict, a requirement or a scenario got worse."""
        return self.verdict == "worse" or any(change.direction == "worse" for change in self.changes)


def compare(before: Document, after: Document) -> Comparison:
    """What changed; scenarios are compared where the verdict of their requirement stayed. Raises CannotCompare."""
    if before["subject"] != after["subject"]:
        raise CannotCompare(
            f"the first report is about {_article(before['subject'])} and the second about {_article(after['subject'])}"
        )
    return Comparison(before, after, tuple(_changes(before, after)))


def as_json(comparison: Comparison) -> dict[str, Any]:
    """For programs."""
    return {
        "before": _head(comparison.before),
        "after": _head(comparison.after),
        "verdict": comparison.verdict or "same",
        "profiles": dict(zip(("added", "dropped"), _profiles(comparison), strict=True)),
        **{
            direction: [asdict(change) for change in comparison.changes if change.direction == direction]
            for direction in _HEADINGS
        },
    }


def as_text(comparison: Comparison) -> Text:
    """For people: the verdicts, what differs about the runs, and the changes, what got worse first."""
    return Text("\n", end="").join(Text(one_line_of(line), style) for line, style in _lines(comparison))


def one_line_of(line: str) -> str:
    """``line`` with its indent, and without anything that steers a terminal."""
    content = line.lstrip(" ")
    return " " * (len(line) - len(content)) + one_line(content, _LONGEST_LINE)


def _changes(before: Document, after: Document) -> Iterator[Change]:
    olds, news = ({each["id"]: each for each in document["requirements"]} for document in (before, after))
    yield from _differences("requirement", olds, news)
    same = {name for name in olds.keys() & news.keys() if standing(olds[name]) == standing(news[name])}
    old_runs, new_runs = (
        {each["id"]: each for each in document["scenarios"] if each["requirement"] in same} for document in (before, after)
    )
    yield from _differences("scenario", old_runs, new_runs)


def _differences(
    kind: Literal["requirement", "scenario"], olds: Mapping[str, dict[str, Any]], news: Mapping[str, dict[str, Any]]
) -> Iterator[Change]:
    for name in (*news, *(name for name in olds if name not in news)):
        old, new = olds.get(name), news.get(name)
        before, after = (None if each is None else _standing(kind, each) for each in (old, new))
        if before == after:
            continue
        shown = new or old or {}
        yield Change(
            direction=_direction(before, after),
            kind=kind,
            id=name,
            requirement=name if kind == "requirement" else shown["requirement"],
            text=shown["sentence"] if kind == "requirement" else shown["name"],
            before=before,
            after=after,
            reason="" if new is None else new["reason"],
            known=is_known(shown),
        )


def _standing(kind: str, entry: dict[str, Any]) -> str:
    return standing(entry) if kind == "requirement" else str(entry["verdict"])


def _direction(before: str | None, after: str | None) -> Direction:
    """What is not judged does not count, so that it is neither better nor worse than anything."""
    if before is None or after is None:
        return "new" if before is None else "gone"
    if after == "failed":
        return "worse"
    if NOT_JUDGED in (before, after):
        return "changed"
    if after == "passed":
        return "better"
    return "worse" if before == "passed" or (after == "harness_error" and before in _UNPROVEN) else "changed"


def _lines(comparison: Comparison) -> Iterator[tuple[str, str]]:
    before, after = comparison.before, comparison.after
    yield f"{_name(before)} → {_name(after)}", "bold"
    for said, member in (("suite", "suite_version"), ("mode", "mode")):
        if before[member] != after[member]:
            yield f"{said}: {before[member]} → {after[member]}{_CAUTION.get(member, '')}", "yellow"
    for said, names in zip(("claimed now", "claimed no longer"), _profiles(comparison), strict=True):
        if names:
            yield f"profiles {said}: {', '.join(names)}", "yellow"
    for direction, (heading, style) in _HEADINGS.items():
        changes = [change for change in comparison.changes if change.direction == direction]
        if changes:
            yield "", ""
            yield f"{heading}: {_counted(changes)}", style
            for change in changes:
                yield from _of_change(change)
    yield "", ""
    yield _ending(comparison)


_CAUTION = {"suite_version": "; requirements and scenarios may differ for that alone"}


def _of_change(change: Change) -> Iterator[tuple[str, str]]:
    steps = " → ".join(STANDINGS[each] for each in (change.before, change.after) if each is not None)
    known = " (a known failure)" if change.known else ""
    named = change.id if change.kind == "requirement" else f"{change.requirement}, scenario"
    yield f"  {named}: {steps}{known}: {change.text}", ""
    if change.reason and change.direction in ("worse", "changed", "new"):
        yield f"      {change.reason}", "dim"


def _ending(comparison: Comparison) -> tuple[str, str]:
    before, after = comparison.before["verdict"], comparison.after["verdict"]
    moved = f"verdict: {after}, as before" if before == after else f"verdict: {before} → {after}"
    counts = [
        (sum(change.direction == direction for change in comparison.changes), direction) for direction in ("worse", "better")
    ]
    told = ", ".join(f"{count} {direction}" for count, direction in counts)
    return f"{moved}; {told}", "bold red" if comparison.worse else "bold green"


def _counted(changes: Iterable[Change]) -> str:
    listed = list(changes)
    kinds = [(sum(change.kind == kind for change in listed), kind) for kind in ("requirement", "scenario")]
    return ", ".join(many(count, kind) for count, kind in kinds if count)


def _profiles(comparison: Comparison) -> tuple[list[str], list[str]]:
    old, new = (set(document["profiles"]) for document in (comparison.before, comparison.after))
    return sorted(new - old), sorted(old - new)


def _head(document: Document) -> dict[str, Any]:
    members = ("subject", "implementation", "version", "suite_version", "mode", "profiles", "verdict", "started_at", "seconds")
    return {member: document[member] for member in members}


def _name(document: Document) -> str:
    return " ".join(part for part in (document["implementation"], document["version"]) if part)


def _article(subject: str) -> str:
    return f"an {subject}" if subject == "orchestrator" else f"a {subject}"
