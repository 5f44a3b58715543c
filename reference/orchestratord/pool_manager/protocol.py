"""The one thing the orchestrator knows of pools, wherever they are managed."""

from dataclasses import dataclass
from typing import Literal, Protocol

Source = Literal["remote", "embedded"]


@dataclass(frozen=True, slots=True)
class PoolView:
    """A pool as the orchestrator sees it. ``source`` says who answered; ``last_error`` may be why nobody did."""

    pool_id: str
    source: Source
    live: bool = False
    ready: bool = False
    draining: bool = False
    slots_free: int = 0
    url: str | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class HeldLease:
    """One slot. ``lease_id`` is None where the pool manager has no leases: there is nothing to renew or to release.

    ``ttl`` is in seconds: renewed within it, the lease stays.
    """

    pool_id: str
    source: Source
    lease_id: str | None = None
    ttl: float = 0.0


class PoolManager(Protocol):
    """A pool manager, in process or far away."""

    async def start(self) -> None:
        """Begin; raises StartupRefused."""
        ...

    async def health(self, pool_id: str) -> PoolView:
        """The pool as it is now. Never raises a PoolManagerError: what goes wrong is in ``last_error`` (OR-DEG-1)."""
        ...

    async def acquire(self, view: PoolView, key: str) -> HeldLease:
        """Take a slot where ``view`` came from; the same ``key`` gives the same lease. Raises PoolManagerError."""
        ...

    async def renew(self, lease: HeldLease) -> HeldLease:
        """Give a lease a whole new time; raises LeaseLost, UnknownPool, PoolManagerUnavailable."""
        ...

    async def release(self, lease: HeldLease) -> None:
        """Give the slot back; raises PoolManagerError."""
        ...

    async def aclose(self) -> None:
        """End, and with it every engine that was started here."""
        ...
