"""Slots that somebody else holds and never gives back."""

import asyncio
import contextlib

from pool_managerd.clock import Clock
from pool_managerd.domain.errors import LeaseLost, NoFreeSlot, PoolManagerError
from pool_managerd.manager import PoolManager


class OtherHolders:
    """Leases that are renewed for as long as their engine lives. ``lease_ttl`` is in seconds."""

    def __init__(self, manager: PoolManager, clock: Clock, lease_ttl: float) -> None:
        self._manager = manager
        self._clock = clock
        self._interval = lease_ttl / 3
        self._keeping: list[asyncio.Task[None]] = []

    def take(self, pool_id: str, count: int) -> None:
        """Hold ``count`` slots of a ready pool from now on; where a client was faster, as soon as they are free."""
        leases = self._renewed_or_new(pool_id, count, [])
        keeping = self._keep(pool_id, self._manager.status(pool_id).pid, count, leases)
        self._keeping.append(asyncio.create_task(keeping, name=f"holders of {pool_id}"))

    async def aclose(self) -> None:
        """Let go of everything."""
        for keeping in self._keeping:
            keeping.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def _keep(self, pool_id: str, pid: int | None, count: int, leases: list[str]) -> None:
        with contextlib.suppress(PoolManagerError):
            while True:
                await self._clock.sleep(self._interval)
                if self._manager.status(pool_id).pid != pid:
                    return
                leases = self._renewed_or_new(pool_id, count, leases)

    def _renewed_or_new(self, pool_id: str, count: int, leases: list[str]) -> list[str]:
        held = []
        for lease_id in leases:
            # Lost while this process was suspended for longer than a lease lives.
            with contextlib.suppress(LeaseLost):
                held.append(self._manager.renew(pool_id, lease_id).lease_id)
        with contextlib.suppress(NoFreeSlot):
            while len(held) < count:
                held.append(self._manager.acquire(pool_id).lease_id)
        return held
