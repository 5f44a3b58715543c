"""Engines that hang, in one scenario."""

from poolpact.daemon.conditions import Conditions
from poolpact.daemon.failures import Failures
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.statuses import SOON, Statuses
from poolpact.expectation import expect
from poolpact.world import World


class HangingEngines:
    """The engines of a scenario that are never healthy. They hang at the same time, so that it takes one start-up time-out."""

    def __init__(self, world: World) -> None:
        self._preloads = world.of(Preloads)
        self._statuses = world.of(Statuses)
        self._conditions = world.of(Conditions)
        self._failures = world.of(Failures)
        self._names: list[str] = []

    def add(self, name: str, phrase: str) -> None:
        """The engine of pool ``name`` hangs as ``phrase`` says."""
        self._preloads.engine(name, phrase)
        self._names.append(name)

    async def preload(self) -> None:
        """Preload all of them, and wait until each is seen live."""
        for name in self._names:
            self._preloads.begin(name)
        for name in self._names:
            await self._conditions.until_live(name)

    async def time_out(self, startup_timeout: float) -> None:
        """All of them are neither live nor ready when the start-up time-out is over."""
        expect(bool(self._names), "there are no engines that hang")
        for name in self._names:
            await self._statuses.until_gone(name, startup_timeout + SOON)

    async def leave_nothing(self) -> None:
        """No process of these engines is left."""
        expect(bool(self._names), "there are no engines that hang")
        for name in self._names:
            await self._statuses.nothing_left(name)

    async def told_why(self) -> None:
        """Of each it is told why."""
        await self._failures.told_why(*self._names)
