"""Time that moves only when it is told to."""

import asyncio
import heapq
import itertools
import math
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from poolpact.virtual.loop import IdleTellingLoop

T = TypeVar("T")
_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
_PATIENCE = 10.0
_RESTLESS = f"virtual time stands still: something is busy for more than {_PATIENCE:g} real s"
_LATE = 1e-9
"""As with real timers, none is early, rounding included."""


class VirtualClock:
    """A :class:`pool_managerd.clock.Clock` with timers that fire one by one, each when the loop has settled after the last."""

    def __init__(self, loop: IdleTellingLoop) -> None:
        self._loop = loop
        self._now = 0.0
        self._timers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def monotonic(self) -> float:
        """Virtual seconds since the clock was made."""
        return self._now

    def wall(self) -> datetime:
        """A made-up time of day that moves along."""
        return _EPOCH + timedelta(seconds=self._now)

    async def sleep(self, seconds: float) -> None:
        """Wait until somebody has advanced the clock that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        fired = self._loop.create_future()
        heapq.heappush(self._timers, (self._now + seconds + _LATE, next(self._order), fired))
        await fired

    async def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        await self.advance_to(self._now + seconds)

    async def advance_to(self, moment: float) -> None:
        """Let time pass until ``moment``; everything that falls due has run to its end."""
        await self._settle()
        while self._fire_next(moment):
            await self._settle()
        self._now = max(self._now, moment)

    async def _settle(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._loop.idle()
        except TimeoutError:
            raise AssertionError(_RESTLESS) from None

    async def complete(self, work: Awaitable[T], within: float = math.inf) -> T:
        """The result of ``work``, letting as much time pass as it takes; TimeoutError after ``within`` virtual seconds.

        Work that waits for no timer waits for something real, such as a socket: that gets some real seconds.
        """
        task = asyncio.ensure_future(work)
        deadline = self._now + within
        idle: asyncio.Task[None] | None = None
        try:
            while not task.done():
                idle = asyncio.ensure_future(self._loop.idle())
                done, _ = await asyncio.wait({task, idle}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    raise AssertionError(_RESTLESS)
                idle.cancel()
                if not task.done() and not self._fire_next(deadline):
                    if self._timers:
                        self._now = max(self._now, deadline)
                        raise TimeoutError
                    await asyncio.wait_for(asyncio.shield(task), _PATIENCE)
            return task.result()
        finally:
            if idle is not None:
                idle.cancel()
            if not task.done():
                task.cancel()

    def _fire_next(self, not_after: float) -> bool:
        while self._timers and self._timers[0][2].done():
            heapq.heappop(self._timers)
        if not self._timers or self._timers[0][0] > not_after:
            return False
        self._now, _, fired = heapq.heappop(self._timers)
        fired.set_result(None)
        return True
