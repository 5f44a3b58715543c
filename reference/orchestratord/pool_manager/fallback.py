"""The daemon first; own pools while no connection to it can be made (OR-FALLBACK-1)."""

import asyncio
from typing import Protocol

from orchestratord.errors import PoolManagerError, Unreachable
from orchestratord.pool_manager.protocol import HeldLease, PoolManager, PoolView
from orchestratord.pool_manager.remote import RemotePoolManager


class OwnPools(PoolManager, Protocol):
    """A pool manager whose pools this orchestrator starts."""

    def own_ids(self) -> tuple[str, ...]:
        """The pools that are to be started, or were."""
        ...

    async def start(self, without: frozenset[str] = frozenset()) -> None:
        """Start them, but not those of ``without``."""
        ...

    def has(self, pool_id: str) -> bool:
        """Whether the pool was started here."""
        ...


class FallbackPoolManager:
    """See :class:`~orchestratord.pool_manager.protocol.PoolManager`.

    An HTTP answer, whatever it says, and a time-out are the daemon's: only a connection that cannot be made engages the fallback.
    While it is engaged nothing is spawned: own pools are started in :meth:`start`, and only those that the daemon does not run.
    """

    def __init__(self, remote: RemotePoolManager, own: OwnPools) -> None:
        self._remote = remote
        self._own = own

    async def start(self) -> None:
        """Start the own pools; a model that the daemon runs already is not started twice."""
        views = await asyncio.gather(*(self._remote.health(pool_id) for pool_id in self._own.own_ids()))
        await self._own.start(without=frozenset(view.pool_id for view in views if view.live))

    async def health(self, pool_id: str) -> PoolView:
        """From the daemon; from here, as ``source`` says, when it cannot be connected to and the pool is an own one."""
        try:
            return await self._remote.ask(pool_id)
        except Unreachable as error:
            if self._own.has(pool_id):
                return await self._own.health(pool_id)
            return PoolView(pool_id, "remote", last_error=str(error))
        except PoolManagerError as error:
            return PoolView(pool_id, "remote", last_error=str(error))

    async def acquire(self, view: PoolView, key: str) -> HeldLease:
        """From whoever answered for the pool."""
        return await self._of(view).acquire(view, key)

    async def renew(self, lease: HeldLease) -> HeldLease:
        """By whoever gave it."""
        return await self._of(lease).renew(lease)

    async def release(self, lease: HeldLease) -> None:
        """To whoever gave it."""
        await self._of(lease).release(lease)

    def _of(self, origin: PoolView | HeldLease) -> PoolManager:
        return self._own if origin.source == "embedded" else self._remote

    async def aclose(self) -> None:
        """Close the connections and end the own engines."""
        try:
            await self._remote.aclose()
        finally:
            await self._own.aclose()
