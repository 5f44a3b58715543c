"""A pool manager over HTTP. It remembers nothing of pools: the daemon is asked every time (OR-HANDOFF-1)."""

from datetime import UTC, datetime

from orchestratord.client.client import PoolManagerClient
from orchestratord.client.models import Lease
from orchestratord.errors import PoolManagerError, RouteNotFound, UnknownPool
from orchestratord.pool_manager.protocol import HeldLease, PoolView


class RemotePoolManager:
    """See :class:`~orchestratord.pool_manager.protocol.PoolManager`."""

    def __init__(self, client: PoolManagerClient) -> None:
        self._client = client

    async def start(self) -> None:
        """Nothing: the daemon may come later."""

    async def health(self, pool_id: str) -> PoolView:
        """Whatever goes wrong in asking is a pool that is not live, with the cause (OR-DEG-1)."""
        try:
            return await self.ask(pool_id)
        except PoolManagerError as error:
            return PoolView(pool_id, "remote", last_error=str(error))

    async def ask(self, pool_id: str) -> PoolView:
        """The pool as the daemon tells; raises PoolManagerError."""
        status = await self._client.get_pool_status(pool_id)
        return PoolView(
            pool_id,
            "remote",
            live=status.live,
            ready=status.ready,
            draining=status.draining,
            slots_free=status.slots_free,
            url=status.url,
            last_error=status.last_error,
        )

    async def acquire(self, view: PoolView, key: str) -> HeldLease:
        """A daemon that serves no leases counts nothing, so there the work goes on without one."""
        try:
            lease = await self._client.acquire_lease(view.pool_id, key)
        except RouteNotFound as refusal:
            await self._make_sure_leases_are_not_served(view.pool_id, refusal)
            return HeldLease(view.pool_id, "remote")
        return _held(view.pool_id, lease)

    async def _make_sure_leases_are_not_served(self, pool_id: str, refusal: RouteNotFound) -> None:
        """A 404 without a code may also mean that the pool is gone: raise UnknownPool then."""
        if refusal.status != 404:
            return
        profiles = (await self._client.daemon_health()).profiles
        if profiles is not None and "leases" in profiles:
            raise UnknownPool(refusal.status, refusal.code, refusal.detail)
        await self._client.get_pool_status(pool_id)

    async def renew(self, lease: HeldLease) -> HeldLease:
        """See the protocol."""
        if lease.lease_id is None:
            return lease
        return _held(lease.pool_id, await self._client.renew_lease(lease.pool_id, lease.lease_id))

    async def release(self, lease: HeldLease) -> None:
        """See the protocol."""
        if lease.lease_id is not None:
            await self._client.release_lease(lease.pool_id, lease.lease_id)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _held(pool_id: str, lease: Lease) -> HeldLease:
    return HeldLease(pool_id, "remote", lease.lease_id, lease.seconds_left(datetime.now(UTC)))
