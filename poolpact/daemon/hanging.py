"""Engines that hang, in one scenario."""

from poolpact.daemon.preloads import Preloads
from poolpact.daemon.statuses import SOON, Statuses
from poolpact.expectation import expect
from poolpact.world import World


class HangingEngines:
    """The engines of a scenario that are never healthy. They hang at the same time, so that it takes one start-up time-out."""

    def __init__(self, world: World) -> None:
        self._preloads = world.of(Preloads)
        self._statuses = world.of(Statuses)
        self._names: list[str] = []

    def add(self, name: str, phrase: str) -> None:
        """The engine of pool ``name`` hangs as ``phrase`` says."""
        self._preloads.engine(name, phrase)
        self._names.append(name)

    async def preload(self) -> None:
        """Preload all of them."""
        for name in self._names:
            await self._preloads.preload(name)
            self._preloads.accepted()

    async def time_out(self, startup_timeout: float) -> None:
        """All of them are live at first, and neither live nor ready when the start-up time-out is over."""
        expect(bool(self._names), "there are no engines that hang")
        for name in self._names:
            await self._statuses.until(name, live=True, ready=False)
        for name in self._names:
            await self._statuses.until_gone(name, startup_timeout + SOON)

    async def leave_nothing(self) -> None:
        """No process of these engines is left."""
        for name in self._names:
            await self._statuses.nothing_left(name)

    async def have_errors(self) -> None:
        """The last error of each pool, where the pool is still known, says something."""
        for name in self._names:
            status = await self._statuses.find(name)
            expect(status is None or status.last_error != "", f"pool {name!r} has no last error")
