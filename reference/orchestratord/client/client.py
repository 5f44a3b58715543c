"""The client of a pool manager, for asyncio."""

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from orchestratord.client import calls
from orchestratord.client.address import DEFAULT_URL, Address
from orchestratord.client.caller import Caller
from orchestratord.client.models import DaemonHealth, Drained, Lease, PoolPage, PoolStatus, Preloaded, PreparedEngine
from orchestratord.client.transport import HttpTransport
from orchestratord.errors import PoolManagerError

DEADLINE = 2.0
"""Seconds for a whole call: waiting, connecting, retrying and reading."""


class PoolManagerClient:
    """Asks one pool manager; belongs to one event loop.

    Every call is over within ``deadline`` seconds and raises a :class:`~orchestratord.errors.PoolManagerError`: Rejected for an
    error answer, PoolManagerUnavailable where no usable answer came. Only reads are retried; while the pool manager is down it
    is asked a few times a second at most, and further calls fail at once with the cause (OR-RETRY-1 to OR-RETRY-3).

    >>> async with PoolManagerClient("http://127.0.0.1:9200") as client:  # doctest: +SKIP
    ...     print((await client.get_pool_status("gpu-0")).ready)
    """

    def __init__(self, base_url: str = DEFAULT_URL, *, token: str | None = None, deadline: float = DEADLINE) -> None:
        address = Address(base_url, token)
        authorisation = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._deadline = deadline
        self._call = Caller(HttpTransport(address.url), authorisation)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """From POOL_MANAGERD_URL and POOL_MANAGERD_TOKEN; raises InvalidSettings (OR-CFG-1)."""
        address = Address.from_env(environ)
        return cls(address.url, token=address.token)

    async def daemon_health(self) -> DaemonHealth:
        """The daemon's own health."""
        return await self._call(calls.daemon_health(), self._deadline)

    async def is_available(self) -> bool:
        """Whether the daemon answers that it is well; raises nothing."""
        try:
            await self.daemon_health()
        except PoolManagerError:
            return False
        return True

    async def get_pool_status(self, pool_id: str) -> PoolStatus:
        """The state of one pool; raises UnknownPool where there is none."""
        return await self._call(calls.get_pool_status(pool_id), self._deadline)

    async def list_pools(self, after: str | None = None) -> PoolPage:
        """One page of pools, sorted by id, beginning behind ``after``."""
        return await self._call(calls.list_pools(after), self._deadline)

    async def preload_pool(self, pool_id: str, prepared: PreparedEngine | Mapping[str, Any], *, wait: float = 0.0) -> Preloaded:
        """Spawn an engine; wait at most ``wait`` further seconds for it to be ready. Raises Conflict, Rejected."""
        return await self._call(calls.preload_pool(pool_id, prepared, wait=wait), self._deadline)

    async def delete_pool(self, pool_id: str) -> None:
        """Stop the pool's engine and forget the pool; raises UnknownPool. May take 30 s beyond the deadline."""
        await self._call(calls.delete_pool(pool_id), self._deadline)

    async def drain_pool(self, pool_id: str, *, deadline: float | None = None, wait: float = 0.0) -> Drained:
        """Let the pool finish what it has and stop, within ``deadline`` seconds; wait at most ``wait`` further seconds for that.

        Raises UnknownPool, Conflict, and RouteNotFound from a daemon that does not drain.
        """
        return await self._call(calls.drain_pool(pool_id, deadline=deadline, wait=wait), self._deadline)

    async def acquire_lease(self, pool_id: str, key: str | None = None) -> Lease:
        """Take a slot; raises UnknownPool, PoolNotReady, NoFreeSlot, and RouteNotFound from a daemon without leases."""
        return await self._call(calls.acquire_lease(pool_id, key), self._deadline)

    async def renew_lease(self, pool_id: str, lease_id: str) -> Lease:
        """Give a lease a whole new time; raises LeaseLost, UnknownPool."""
        return await self._call(calls.renew_lease(pool_id, lease_id), self._deadline)

    async def release_lease(self, pool_id: str, lease_id: str) -> None:
        """Give a slot back; again is no error."""
        await self._call(calls.release_lease(pool_id, lease_id), self._deadline)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._call.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()
