"""A pool manager in memory that does what a test says."""

import asyncio
from dataclasses import dataclass, field, replace

from orchestratord.errors import LeaseLost, NoFreeSlot, PoolManagerError
from orchestratord.pool_manager.protocol import HeldLease, PoolView


def ready(url: str, pool_id: str = "p", slots_free: int = 1) -> PoolView:
    return PoolView(pool_id, "remote", live=True, ready=True, slots_free=slots_free, url=url)


@dataclass
class ScriptedPoolManager:
    """Knows one ``view``; counts leases."""

    view: PoolView
    slots: int = 1
    ttl: float = 30.0
    refusal: PoolManagerError | None = None
    renewal_error: PoolManagerError | None = None
    release_error: PoolManagerError | None = None
    leases: set[str] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    renewals: int = 0
    renewed: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_grant: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_grant.set()

    async def start(self) -> None:
        pass

    async def health(self, pool_id: str) -> PoolView:
        return replace(self.view, pool_id=pool_id)

    async def acquire(self, view: PoolView, key: str) -> HeldLease:
        self.keys.append(key)
        self.asked.set()
        await self.may_grant.wait()
        if self.refusal is not None:
            raise self.refusal
        if len(self.leases) >= self.slots:
            raise NoFreeSlot(429, "no_free_slot", "all leased", 0.25)
        self.leases.add(f"lease-{key}")
        return HeldLease(view.pool_id, view.source, f"lease-{key}", self.ttl)

    async def renew(self, lease: HeldLease) -> HeldLease:
        self.renewals += 1
        self.renewed.set()
        if self.renewal_error is not None:
            raise self.renewal_error
        if lease.lease_id not in self.leases:
            raise LeaseLost(410, "lease_lost", "gone")
        return lease

    async def release(self, lease: HeldLease) -> None:
        assert lease.lease_id is not None
        self.leases.discard(lease.lease_id)
        self.released.set()
        if self.release_error is not None:
            raise self.release_error

    async def aclose(self) -> None:
        pass
