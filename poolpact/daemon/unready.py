"""Pools that must not be ready yet, in one scenario.

That they are not shows nothing while the engine is still being started. It has come up when it listens, or, where it never does,
when it was started; its own record says so, whatever the pool manager says.
"""

from poolpact.daemon.engines import listens
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.statuses import SOON, Statuses
from poolpact.expectation import expect
from poolpact.world import World


class Unready:
    """Watches that pools of a scenario are not ready."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._statuses = world.of(Statuses)
        self._preloads = world.of(Preloads)

    async def until_up(self, name: str) -> None:
        """Wait until the engine of pool ``name`` has come up."""

        async def is_there() -> bool:
            return self._has_come_up(name)

        await self._world.time.until(is_there, within=SOON, what=f"the engine of pool {name!r} has come up")

    async def stays_loading(self, name: str, seconds: float) -> None:
        """Pool ``name`` is live and never ready for a while."""
        await self._statuses.until(name, live=True)

        async def loads() -> bool:
            status = await self._statuses.find(name)
            return status is not None and status.live and not status.ready

        await self._world.time.throughout(loads, seconds=seconds, what=f"pool {name!r} is live and not ready")

    async def stays_not_ready(self, name: str, seconds: float) -> None:
        """Pool ``name``, where it is known, is never ready, until ``seconds`` after its engine has come up, or is said not to."""
        call, was_ready = self._preloads.leading(name), False

        async def is_there() -> bool:
            nonlocal was_ready
            status = await self._statuses.find(name)
            was_ready = status is not None and status.ready
            if was_ready or self._has_come_up(name) or call.refusal is not None:
                return True
            return call.is_over and status is not None and not status.live and status.last_error != ""

        async def is_not_ready() -> bool:
            status = await self._statuses.find(name)
            return status is None or not status.ready

        await self._preloads.as_long_as_may_be(is_there, SOON)
        expect(not was_ready, f"pool {name!r} is ready")
        await self._world.time.throughout(is_not_ready, seconds=seconds, what=f"pool {name!r} is not ready")

    def _has_come_up(self, name: str) -> bool:
        pool = self._world.pool(name)
        return bool(self._world.records.events(pool.nonce, "listening") if listens(pool.flags) else self._statuses.starts(name))
