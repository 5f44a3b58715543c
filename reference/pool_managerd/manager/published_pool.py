"""A pool whose every change is published at once."""

import asyncio
from collections.abc import Callable

import structlog

from pool_managerd.clock import Clock
from pool_managerd.domain.errors import LeaseLost, NoFreeSlot, PoolNotReady
from pool_managerd.domain.feed import Change
from pool_managerd.domain.leases import Lease
from pool_managerd.domain.pool import Pool
from pool_managerd.domain.pool_state import AT_REST, PoolState
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.domain.status import PoolStatus
from pool_managerd.manager.config import ManagerConfig

_log = structlog.get_logger("pool_managerd")


class PublishedPool:
    """The only way by which the manager changes a :class:`Pool`. ``status`` is the snapshot that reads are served from."""

    def __init__(
        self,
        prepared: PreparedEngine,
        config: ManagerConfig,
        clock: Clock,
        tell: Callable[[Change], None],
        state: PoolState = PoolState.ABSENT,
    ) -> None:
        self.pool = Pool(prepared, lease_ttl=config.lease_ttl, state=state)
        self._config = config
        self._clock = clock
        self._tell = tell
        self._caller: str | None = None
        self._expiry: asyncio.Task[None] | None = None
        self.no_leases = asyncio.Event()
        """Set while no slot is held."""
        self.no_leases.set()
        self.status: PoolStatus = self.pool.status(config.advertise_host)

    def publish(self, cause: str) -> None:
        """Let readers see the pool as it is now, and tell what has changed, if anything has."""
        before, self.status = self.status, self.pool.status(self._config.advertise_host)
        if self.status.active_leases:
            self.no_leases.clear()
        else:
            self.no_leases.set()
        if self.status != before:
            self._tell(Change(self.status, before.state, cause, self._clock.monotonic()))

    def disown(self) -> None:
        """What happens from now on was asked for by no caller, until one comes."""
        self._caller = None

    def change(self, event: Callable[[], None], *, cause: str) -> None:
        """Let ``event`` happen to the pool, publish what became of it, and log a new state (PM-OBS-2).

        The caller is whoever asked for it, or for what led to it: one that asked is responsible until the pool is at rest.
        """
        before = self.pool.state
        event()
        self.publish(cause)
        self._caller = structlog.contextvars.get_contextvars().get("correlation_id", self._caller)
        if self.pool.state is not before:
            pool_id, caller = self.pool.prepared.pool_id, self._caller
            told = {"from": before, "to": self.pool.state, "cause": cause, "correlation_id": caller}
            _log.info("pool_changed", pool_id=pool_id, **told)
        if self.pool.state in AT_REST:
            self._caller = None

    def acquire(self, lease_id: str, key: str | None) -> tuple[Lease, bool]:
        """Take a slot, or raise PoolNotReady or NoFreeSlot (PM-LEASE-1, PM-LEASE-2)."""
        pool_id = self.pool.prepared.pool_id
        if self.pool.state is not PoolState.READY:
            raise PoolNotReady(pool_id, self.pool.state)
        now = self._clock.monotonic()
        taken = self.pool.acquire(now, lease_id, key)
        self.publish("lease taken")
        if taken is None:
            raise NoFreeSlot(pool_id, self.status.slots_total, self.pool.retry_after(now))
        if self._expiry is None or self._expiry.done():
            self._expiry = asyncio.create_task(self._expire_leases(), name=f"leases of {pool_id}")
        return taken

    def renew(self, lease_id: str) -> Lease:
        """Keep a slot, or raise LeaseLost (PM-LEASE-4)."""
        renewed = self.pool.renew(self._clock.monotonic(), lease_id)
        self.publish("lease ended")
        if renewed is None:
            raise LeaseLost(self.pool.prepared.pool_id)
        return renewed

    def release(self, lease_id: str) -> None:
        """Give a slot back, however often (PM-LEASE-3)."""
        self.pool.release(self._clock.monotonic(), lease_id)
        self.publish("lease given back")

    async def _expire_leases(self) -> None:
        while (due := self.pool.next_expiry) is not None:
            await self._clock.sleep(due - self._clock.monotonic())
            if self.pool.expire(self._clock.monotonic()):
                self.publish("lease ended")
