"""The pool manager in this process: the one module that imports pool_managerd. Remote mode never imports it."""

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from orchestratord.errors import (
    InvalidSettings,
    LeaseLost,
    NoFreeSlot,
    PoolManagerError,
    PoolNotReady,
    Rejected,
    UnknownPool,
)
from orchestratord.pool_manager.protocol import HeldLease, PoolView
from pool_managerd.clock import SystemClock
from pool_managerd.domain import errors as manager_errors
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.process import ProcessSpawner
from pool_managerd.manager import LeaseGrant, PoolManager
from pool_managerd.poolsfile import read_pools_file
from pool_managerd.settings import read_settings
from pool_managerd.storage.run_dir import RunDir

InProcessManager = PoolManager

_log = structlog.get_logger("orchestratord")


class EmbeddedPoolManager:
    """See :class:`~orchestratord.pool_manager.protocol.PoolManager` and :class:`~orchestratord.pool_manager.fallback.OwnPools`.

    It says what the daemon would say over HTTP (OR-PARITY-1). ``pools`` are preloaded at the start. The manager is somebody
    else's to start and to close, unless this was made by :meth:`make`.
    """

    def __init__(self, manager: PoolManager, *, pools: Sequence[PreparedEngine] = (), room: "_Room | None" = None) -> None:
        self._manager = manager
        self._pools = pools
        self._room = room

    @classmethod
    def make(cls, environ: Mapping[str, str], pools_file: Path | None) -> Self:
        """One with real engines, from the POOL_MANAGERD_* settings of ``environ``; raises InvalidSettings."""
        with _refusals():
            settings = read_settings(environ)
            pools = read_pools_file(pools_file) if pools_file is not None else ()
        clock = SystemClock()
        room = _Room(RunDir(settings.run_dir), ProcessSpawner(environ, clock))
        manager = PoolManager(settings.manager_config(), clock=clock, spawner=room.spawner, run_dir=room.run_dir)
        return cls(manager, pools=pools, room=room)

    def own_ids(self) -> tuple[str, ...]:
        """The pools that are to be started."""
        return tuple(prepared.pool_id for prepared in self._pools)

    def has(self, pool_id: str) -> bool:
        """Whether the pool was started here."""
        return any(status.pool_id == pool_id for status in self._manager.statuses())

    async def start(self, without: frozenset[str] = frozenset()) -> None:
        """Start the manager and let the pools begin to load; one that is refused is logged and leaves the others alone."""
        if self._room is not None:
            with _refusals():
                self._room.run_dir.open()
            await self._manager.start()
        for prepared in self._pools:
            if prepared.pool_id in without:
                _log.info("pool_left_to_the_daemon", pool_id=prepared.pool_id)
                continue
            try:
                await self._manager.preload(prepared.pool_id, prepared)
            except manager_errors.PoolManagerError as refusal:
                _log.error("pool_not_started", pool_id=prepared.pool_id, code=refusal.code, cause=str(refusal))

    async def health(self, pool_id: str) -> PoolView:
        """From the manager's latest snapshot."""
        try:
            status = self._manager.status(pool_id)
        except manager_errors.PoolManagerError as refusal:
            return PoolView(pool_id, "embedded", last_error=str(_translated(refusal)))
        return PoolView(
            pool_id,
            "embedded",
            live=status.live,
            ready=status.ready,
            slots_free=status.slots_free,
            url=status.url,
            last_error=status.last_error,
        )

    async def acquire(self, view: PoolView, key: str) -> HeldLease:
        """See the protocol."""
        try:
            return _held(self._manager.acquire(view.pool_id, key))
        except manager_errors.PoolManagerError as refusal:
            raise _translated(refusal) from None

    async def renew(self, lease: HeldLease) -> HeldLease:
        """See the protocol."""
        try:
            return _held(self._manager.renew(lease.pool_id, lease.lease_id or ""))
        except manager_errors.PoolManagerError as refusal:
            raise _translated(refusal) from None

    async def release(self, lease: HeldLease) -> None:
        """See the protocol."""
        try:
            self._manager.release(lease.pool_id, lease.lease_id or "")
        except manager_errors.PoolManagerError as refusal:
            raise _translated(refusal) from None

    async def aclose(self) -> None:
        """End the engines, where they were started here."""
        if self._room is not None:
            async with contextlib.AsyncExitStack() as stack:
                stack.callback(self._room.run_dir.close)
                stack.push_async_callback(self._room.spawner.aclose)
                await self._manager.close()


@dataclass(frozen=True, slots=True)
class _Room:
    """What a manager of our own stands on."""

    run_dir: RunDir
    spawner: ProcessSpawner


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What keeps a manager from starting keeps the orchestrator from starting."""
    try:
        yield
    except manager_errors.StartupRefused as refusal:
        raise InvalidSettings(str(refusal)) from None


def _held(grant: LeaseGrant) -> HeldLease:
    return HeldLease(grant.pool_id, "embedded", grant.lease_id, grant.ttl)


def _translated(refusal: manager_errors.PoolManagerError) -> PoolManagerError:
    """What the client makes of the same refusal when it comes over HTTP."""
    code, detail = refusal.code, str(refusal)
    match refusal:
        case manager_errors.NoFreeSlot():
            return NoFreeSlot(429, code, detail, max(math.ceil(refusal.retry_after), 1))
        case manager_errors.PoolNotReady():
            return PoolNotReady(409, code, detail)
        case manager_errors.LeaseLost():
            return LeaseLost(410, code, detail)
        case manager_errors.UnknownPool() | manager_errors.InvalidPoolId():
            return UnknownPool(404, code, detail)
    return Rejected(503, code, detail)
