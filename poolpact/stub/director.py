"""Leads the pools of a stub to where they are told to be, by the manager's own calls."""

import asyncio
import contextlib
import math
from collections.abc import Callable

from pool_managerd.clock import Clock
from pool_managerd.domain.errors import PoolManagerError, SpawnFailed
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.domain.status import PoolStatus
from pool_managerd.manager import PoolManager
from poolpact.ports import free_port
from poolpact.stub.errors import StubRefused
from poolpact.stub.holders import OtherHolders
from poolpact.stub.pools import ToldPool
from poolpact.stub.spawner import PretendingSpawner

_LOOK_AGAIN = 0.001
"""Seconds between two looks at a pool that is on its way."""


class Director:
    """Only where a pool begins is told; afterwards clients do with it what they like."""

    def __init__(self, manager: PoolManager, spawner: PretendingSpawner, holders: OtherHolders, clock: Clock) -> None:
        self._manager = manager
        self._spawner = spawner
        self._holders = holders
        self._clock = clock
        self._later: list[asyncio.Task[None]] = []

    async def bring_about(self, pool: ToldPool) -> None:
        """Return when ``pool`` is as told; raises StubRefused where it cannot be."""
        try:
            await self._lead(pool, pool.prepared(free_port()))
        except (PoolManagerError, OSError) as failure:
            raise StubRefused(f"pool {pool.pool_id} cannot be played: {' '.join(str(failure).split())}") from None

    async def aclose(self) -> None:
        """Wait for nothing any more."""
        for waiting in self._later:
            waiting.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    async def _lead(self, pool: ToldPool, prepared: PreparedEngine) -> None:
        match pool.state:
            case "ready":
                await self._hold_when_ready(pool, prepared)
            case "loading":
                await self._manager.preload(pool.pool_id, prepared)
                await self._until(pool, lambda status: status.live)
                if pool.becomes_ready:
                    self._later.append(asyncio.create_task(self._hold_later(pool, prepared), name=f"wait for {pool.pool_id}"))
            case "stopped":
                await self._manager.preload(pool.pool_id, prepared, wait=math.inf)
                await self._spawner.end(pool.pool_id)
                await self._until(pool, lambda status: status.state is PoolState.STOPPED)
            case "failed":
                self._spawner.fail_next(pool.pool_id, pool.cause)
                with contextlib.suppress(SpawnFailed):
                    await self._manager.preload(pool.pool_id, prepared, wait=math.inf)

    async def _hold_when_ready(self, pool: ToldPool, prepared: PreparedEngine) -> None:
        await self._manager.preload(pool.pool_id, prepared, wait=math.inf)
        if pool.held:
            self._holders.take(pool.pool_id, pool.held)

    async def _hold_later(self, pool: ToldPool, prepared: PreparedEngine) -> None:
        # A client may delete the pool before.
        with contextlib.suppress(PoolManagerError):
            await self._hold_when_ready(pool, prepared)

    async def _until(self, pool: ToldPool, is_so: Callable[[PoolStatus], bool]) -> None:
        while not is_so(self._manager.status(pool.pool_id)):
            await self._clock.sleep(_LOOK_AGAIN)
