"""Waiting on conditions, in real and in virtual time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeGuard, TypeVar

from poolpact.account import wait_left, waited_in_vain
from poolpact.virtual.clock import VirtualClock

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.004, 0.02
_FIRST_STEP, _LONGEST_STEP = 0.005, 0.25
_GROWTH = 1.5
_REAL_GRACE = 2.0
"""Real seconds that sockets and threads get when virtual time has run out."""


class RealTime:
    """A :class:`poolpact.targets.base.Timekeeper` on the system's clock."""

    def now(self) -> float:
        """Seconds of CLOCK_MONOTONIC, which all processes of a machine share."""
        return time.monotonic()

    async def until(self, check: Callable[[], Awaitable[T | None]], *, within: float, what: str) -> T:
        """See :class:`~poolpact.targets.base.Timekeeper`."""
        return await _poll(check, within, what)

    async def complete(self, work: Awaitable[T], *, within: float, what: str) -> T:
        """See :class:`~poolpact.targets.base.Timekeeper`."""
        seconds = wait_left(within)
        try:
            return await asyncio.wait_for(work, seconds)
        except TimeoutError:
            waited_in_vain(seconds, within)
            raise AssertionError(f"{what}: not within {seconds:.3g} s") from None

    async def throughout(self, check: Callable[[], Awaitable[bool]], *, seconds: float, what: str) -> None:
        """See :class:`~poolpact.targets.base.Timekeeper`."""
        started, end = self.now(), self.now() + seconds
        while True:
            if not await check():
                raise AssertionError(f"{what}: not so after {self.now() - started:.3f} s")
            if self.now() >= end:
                return
            await asyncio.sleep(min(_LONGEST_PAUSE, max(end - self.now(), 0.0)))


class VirtualTime:
    """A :class:`poolpact.targets.base.Timekeeper` that lets virtual time pass while it waits."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Virtual seconds."""
        return self._clock.monotonic()

    async def until(self, check: Callable[[], Awaitable[T | None]], *, within: float, what: str) -> T:
        """See :class:`~poolpact.targets.base.Timekeeper`."""
        deadline = self.now() + within
        step = _FIRST_STEP
        while self.now() < deadline:
            value = await check()
            if _holds(value):
                return value
            await self._clock.advance_to(min(self.now() + step, deadline))
            step = min(step * _GROWTH, _LONGEST_STEP)
        return await _poll(check, _REAL_GRACE, f"{what}: not within {within:g} virtual s")

    async def complete(self, work: Awaitable[T], *, within: float, what: str) -> T:
        """See :class:`~poolpact.targets.base.Timekeeper`."""
        try:
            return await self._clock.complete(work, within)
        except TimeoutError:
            raise AssertionError(f"{what}: not within {within:g} virtual s") from None

    async def throughout(self, check: Callable[[], Awaitable[bool]], *, seconds: float, what: str) -> None:
        """See :class:`~poolpact.targets.base.Timekeeper`."""
        started, end = self.now(), self.now() + seconds
        step = _FIRST_STEP
        while True:
            if not await check():
                raise AssertionError(f"{what}: not so after {self.now() - started:.3f} virtual s")
            if self.now() >= end:
                return
            await self._clock.advance_to(min(self.now() + step, end))
            step = min(step * _GROWTH, _LONGEST_STEP)


async def _poll(check: Callable[[], Awaitable[T | None]], within: float, what: str) -> T:
    seconds = wait_left(within)
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        value = await check()
        if _holds(value):
            return value
        if time.monotonic() >= deadline:
            waited_in_vain(seconds, within)
            raise AssertionError(f"{what}: not within {seconds:.3g} s")
        await asyncio.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def _holds(value: T | None) -> TypeGuard[T]:
    return value is not None and value is not False
