"""The two documents side by side: what every part of them is compared with."""

from collections.abc import Iterator, Mapping
from typing import Any

from poolpact.diff.branches import Schema
from poolpact.diff.canonical import without_prose
from poolpact.diff.changes import ABSENT, BOTH, Change, Place
from poolpact.diff.direction import Direction, broken
from poolpact.diff.schema import Difference, SchemaComparison
from poolpact.diff.source import Source
from poolpact.diff.structure import rest


class Pair:
    """An old and a new document, and the schemas of both that were compared already."""

    def __init__(self, old: Source, new: Source) -> None:
        self.old = old
        self.new = new
        self._schemas = SchemaComparison()

    def differences(self, place: Place, old: Any, new: Any) -> tuple[Difference, ...]:
        """How two schemas differ; raises CannotCompare when one is no JSON Schema."""
        where = f"{place.file} {place.operation} {place.part}".strip()
        self.old.check_schema(old, where)
        self.new.check_schema(new, where)
        return self._schemas.differences(Schema.of(self.old, old), Schema.of(self.new, new))

    def schemas(self, place: Place, old: Any, new: Any, direction: Direction) -> Iterator[Change]:
        """The changes of data that goes in ``direction``."""
        for difference in self.differences(place, old, new):
            yield changed(place, difference, direction)

    def unknown(self, place: Place, old: Mapping[str, Any], new: Mapping[str, Any], *known: str) -> Iterator[Change]:
        """Members beside ``known`` that differ: what they mean for either side is not known here."""
        olds, news = rest(old, *known), rest(new, *known)
        for name in sorted(olds.keys() | news.keys()):
            before, after = olds.get(name, ABSENT), news.get(name, ABSENT)
            if before is ABSENT or after is ABSENT or self.old.meaning(before) != self.new.meaning(after):
                yield Change(place.within(name), name, _shown(before), _shown(after), BOTH, undecided=True)


def changed(place: Place, difference: Difference, direction: Direction) -> Change:
    """A difference of two schemas as a change of the contract."""
    return Change(
        place.at(difference.pointer),
        difference.what,
        difference.old,
        difference.new,
        broken(difference, direction),
        difference.undecided,
    )


def _shown(value: Any) -> Any:
    return value if value is ABSENT else without_prose(value)
