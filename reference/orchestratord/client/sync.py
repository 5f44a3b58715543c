"""The same client for code without an event loop."""

import asyncio
import os
import threading
from collections.abc import Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from orchestratord.client.address import DEFAULT_URL, Address
from orchestratord.client.client import DEADLINE, PoolManagerClient
from orchestratord.client.models import DaemonHealth, Drained, Lease, PoolPage, PoolStatus, Preloaded, PreparedEngine

T = TypeVar("T")


class SyncPoolManagerClient:
    """The calls of :class:`PoolManagerClient`, blocking; may be shared by threads, not across a fork.

    The calls run on an event loop in a thread of this client. Blocking sockets could not keep the deadline: name resolution
    has no time-out there, and a peer that sends a byte at a time renews that of every read. Close it, or use it as a context.
    """

    def __init__(self, base_url: str = DEFAULT_URL, *, token: str | None = None, deadline: float = DEADLINE) -> None:
        Address(base_url, token)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pool-manager-client", daemon=True)
        self._thread.start()
        self._client = self._run(_make(base_url, token, deadline))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """From POOL_MANAGERD_URL and POOL_MANAGERD_TOKEN; raises InvalidSettings (OR-CFG-1)."""
        address = Address.from_env(environ)
        return cls(address.url, token=address.token)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop.is_closed():
            work.close()
            raise RuntimeError("the client is closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def daemon_health(self) -> DaemonHealth:
        """See :meth:`PoolManagerClient.daemon_health`."""
        return self._run(self._client.daemon_health())

    def is_available(self) -> bool:
        """See :meth:`PoolManagerClient.is_available`."""
        return self._run(self._client.is_available())

    def get_pool_status(self, pool_id: str) -> PoolStatus:
        """See :meth:`PoolManagerClient.get_pool_status`."""
        return self._run(self._client.get_pool_status(pool_id))

    def list_pools(self, after: str | None = None) -> PoolPage:
        """See :meth:`PoolManagerClient.list_pools`."""
        return self._run(self._client.list_pools(after))

    def preload_pool(self, pool_id: str, prepared: PreparedEngine | Mapping[str, Any], *, wait: float = 0.0) -> Preloaded:
        """See :meth:`PoolManagerClient.preload_pool`."""
        return self._run(self._client.preload_pool(pool_id, prepared, wait=wait))

    def delete_pool(self, pool_id: str) -> None:
        """See :meth:`PoolManagerClient.delete_pool`."""
        self._run(self._client.delete_pool(pool_id))

    def drain_pool(self, pool_id: str, *, deadline: float | None = None, wait: float = 0.0) -> Drained:
        """See :meth:`PoolManagerClient.drain_pool`."""
        return self._run(self._client.drain_pool(pool_id, deadline=deadline, wait=wait))

    def acquire_lease(self, pool_id: str, key: str | None = None) -> Lease:
        """See :meth:`PoolManagerClient.acquire_lease`."""
        return self._run(self._client.acquire_lease(pool_id, key))

    def renew_lease(self, pool_id: str, lease_id: str) -> Lease:
        """See :meth:`PoolManagerClient.renew_lease`."""
        return self._run(self._client.renew_lease(pool_id, lease_id))

    def release_lease(self, pool_id: str, lease_id: str) -> None:
        """See :meth:`PoolManagerClient.release_lease`."""
        self._run(self._client.release_lease(pool_id, lease_id))

    def close(self) -> None:
        """Close the connections and end the thread; again is no error."""
        if self._loop.is_closed():
            return
        self._run(self._client.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


async def _make(base_url: str, token: str | None, deadline: float) -> PoolManagerClient:
    return PoolManagerClient(base_url, token=token, deadline=deadline)
