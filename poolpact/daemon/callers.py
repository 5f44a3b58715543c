"""Callers that preload and wait, in one scenario."""

import asyncio
from collections.abc import Sequence

from poolpact.daemon.answers import shown
from poolpact.daemon.calls import hang_up
from poolpact.daemon.preloads import LONG, Preloads
from poolpact.daemon.statuses import SOON, calls_of
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World


class Callers:
    """The callers of a scenario that wait for a preload, one a pool."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._preloads = world.of(Preloads)
        self._waiting: dict[str, asyncio.Task[Answer]] = {}
        world.defer(self._leave)

    async def _leave(self) -> None:
        await hang_up(*self._waiting.values())

    def wait_for(self, names: Sequence[str]) -> None:
        """Let callers begin to preload these pools and wait."""
        for name in names:
            self._waiting[name] = self._calls.begin_preload(self._preloads.about(name).prepared, wait=LONG)

    def still_wait(self, names: Sequence[str]) -> None:
        """The callers have no answer yet."""
        for name in names:
            task = self._waiting[name]
            expect(not task.done(), f"the caller of pool {name!r} waits no more: {shown(task.result()) if task.done() else ''}")

    async def until_told(self, name: str) -> None:
        """Wait until the caller of pool ``name`` has its answer; it is then the last one of the preloads."""
        self._preloads.about(name)
        told = self._world.time.complete(self._waiting.pop(name), within=SOON, what=f"an answer for pool {name!r}")
        self._preloads.answers = [await told]
