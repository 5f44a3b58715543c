"""A change of the contract: where, what, and whom it breaks."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Side(StrEnum):
    """Who is bound by the contract."""

    CONSUMERS = "consumers"
    """Who calls and reads: orchestrators."""
    PROVIDERS = "providers"
    """Who serves and writes: pool managers."""


NEITHER: Final[frozenset[Side]] = frozenset()
CONSUMERS: Final = frozenset({Side.CONSUMERS})
PROVIDERS: Final = frozenset({Side.PROVIDERS})
BOTH: Final = CONSUMERS | PROVIDERS


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""What is not there, where null is a value."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change is.

    ``pointer`` leads through the data (``*`` stands for every item or every other member), ``path`` through the text of ``file``
    to the schema or object that says so.
    """

    file: str
    operation: str = ""
    part: str = ""
    status: str = ""
    pointer: tuple[str, ...] = ()
    path: tuple[str, ...] = field(default=(), compare=False)

    def within(self, *path: str, part: str = "", status: str = "") -> "Place":
        """A place below this one."""
        return Place(self.file, self.operation, part or self.part, status or self.status, self.pointer, (*self.path, *path))

    def at(self, pointer: tuple[str, ...]) -> "Place":
        """The same schema or object, at ``pointer`` in the data."""
        return Place(self.file, self.operation, self.part, self.status, pointer, self.path)


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``old`` and ``new`` are JSON values or ABSENT; ``undecided`` when nothing is proven, and a break is assumed."""

    place: Place
    what: str
    old: Any = ABSENT
    new: Any = ABSENT
    breaks: frozenset[Side] = NEITHER
    undecided: bool = False
