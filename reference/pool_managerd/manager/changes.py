"""Who is told what happens to the pools: listeners at once, readers at their own pace (PM-OBS-3)."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from pool_managerd.clock import Clock, within
from pool_managerd.domain.feed import Change, Feed, Gap
from pool_managerd.domain.status import PoolStatus

HEARTBEAT = 2.0
"""Seconds of silence after which a reader is told that there is nothing to tell."""
KEPT = 1024
"""Changes that a reader may be behind."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All pools as they are once the change ``event_id`` has happened."""

    event_id: str
    pools: tuple[PoolStatus, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """The next change, and what it is called."""

    event_id: str
    change: Change


@dataclass(frozen=True, slots=True)
class Reset:
    """The reader has missed something, which is why; a snapshot follows."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing has happened for a while."""


Told = Snapshot | Numbered | Reset | Heartbeat


class Changes:
    """The changes of all pools of one manager, which tells every one of them here.

    A reader costs a number: it never makes the manager wait, and nothing is stored for it. ``pools`` are the snapshots that
    readers begin with.
    """

    def __init__(self, pools: Callable[[], tuple[PoolStatus, ...]], clock: Clock, kept: int = KEPT) -> None:
        self._pools = pools
        self._clock = clock
        self._feed = Feed(secrets.token_hex(8), kept)
        self._listeners: list[Callable[[Change], None]] = []
        self._turn = asyncio.Event()
        self.closed = asyncio.Event()
        """Set when nothing will happen any more."""

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call ``listener``, which must neither wait nor raise, with every change from now on."""
        self._listeners.append(listener)

    def tell(self, change: Change) -> None:
        """Something happened."""
        self._feed.add(change)
        for listener in self._listeners:
            listener(change)
        self._wake()

    def close(self) -> None:
        """Let every reader end once it has read what there is."""
        self.closed.set()
        self._wake()

    def _wake(self) -> None:
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    async def read(self, last_event_id: str | None = None) -> AsyncGenerator[Told, None]:
        """What there is to tell: to a new reader all pools first, to one that was away what came after ``last_event_id``."""
        number = None if last_event_id is None else self._feed.resume(last_event_id)
        while True:
            if isinstance(number, Gap):
                yield Reset(number)
            if not isinstance(number, int):
                number = self._feed.last
                yield Snapshot(self._feed.id_of(number), self._pools())
            change = self._feed.after(number)
            if isinstance(change, Gap):
                number = change
            elif change is not None:
                number += 1
                yield Numbered(self._feed.id_of(number), change)
            elif self.closed.is_set():
                return
            elif not await self._something_happens():
                yield Heartbeat()

    async def _something_happens(self) -> bool:
        """Wait for that; False after a while of silence."""
        try:
            await within(self._clock, HEARTBEAT, self._turn.wait())
        except TimeoutError:
            return False
        return True
