"""What happened to the pools, in order: numbered, kept for a while, and found again by who was away. Pure (PM-OBS-3)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.status import PoolStatus

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a pool: ``status`` is what became of it. ``before`` is its state until then, the same where others changed.

    ``at`` is in monotonic seconds.
    """

    status: PoolStatus
    before: PoolState
    cause: str
    at: float


class Gap(StrEnum):
    """Why a reader cannot go on where it was."""

    UNKNOWN = "unknown"
    """Its last event is none of this feed."""
    TOO_OLD = "too_old"
    """What came next is no longer kept."""
    TOO_SLOW = "too_slow"
    """The same, while it was reading."""


class Feed:
    """Changes by number, from 1 on without a gap; the last ``kept`` of them are there to be read.

    Nothing is kept for a reader: it remembers the number of the change that it read last, and whoever is too slow finds a gap.
    ``boot`` tells the feed from that of any other run of a manager.
    """

    def __init__(self, boot: str, kept: int) -> None:
        self._boot = boot
        self._ring: list[Change | None] = [None] * kept
        self.last = 0
        """The number of the latest change; 0 where nothing has happened yet."""

    def add(self, change: Change) -> None:
        """Something happened."""
        self.last += 1
        self._ring[self.last % len(self._ring)] = change

    def after(self, number: int) -> Change | Gap | None:
        """The change that came next after ``number``; None where none has come yet."""
        if number >= self.last:
            return None
        if number < self.last - len(self._ring):
            return Gap.TOO_SLOW
        return self._ring[(number + 1) % len(self._ring)]

    def id_of(self, number: int) -> str:
        """What the change of that number is called."""
        return f"{self._boot}-{number}"

    def resume(self, event_id: str) -> int | Gap:
        """The number of the change called ``event_id``, for a reader that goes on after it."""
        boot, _, number = event_id.rpartition("-")
        if boot != self._boot or not _NUMBER.fullmatch(number) or int(number) > self.last:
            return Gap.UNKNOWN
        return Gap.TOO_OLD if self.after(int(number)) is Gap.TOO_SLOW else int(number)
