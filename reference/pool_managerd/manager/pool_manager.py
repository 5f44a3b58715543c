"""The registry of pools, and every call on it."""

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from pool_managerd.clock import Clock, within
from pool_managerd.domain.errors import (
    EngineConflict,
    EngineExited,
    ManagerClosing,
    PoolDraining,
    PoolIdMismatch,
    PoolStopping,
    UnknownPool,
)
from pool_managerd.domain.leases import Lease
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.prepared import PreparedEngine, check_pool_id
from pool_managerd.domain.status import PoolStatus
from pool_managerd.engines.output import last_lines
from pool_managerd.engines.ports import Spawner
from pool_managerd.manager.admission import admit
from pool_managerd.manager.changes import Changes
from pool_managerd.manager.config import ManagerConfig
from pool_managerd.manager.pool_runner import PoolRunner
from pool_managerd.storage.handoff import remove_handoff
from pool_managerd.storage.run_dir import RunDir

_log = structlog.get_logger("pool_managerd")


@dataclass(frozen=True, slots=True)
class Preloaded:
    """The outcome of a preload: ready now with the engine's pid, or still loading (PM-PRELOAD-2)."""

    pool_id: str
    ready: bool
    pid: int | None
    handoff_path: Path


@dataclass(frozen=True, slots=True)
class Drained:
    """The outcome of a drain: over, perhaps by force at its deadline, or still under way (PM-DRAIN-3)."""

    pool_id: str
    done: bool
    forced: bool


@dataclass(frozen=True, slots=True)
class LeaseGrant:
    """A lease as its holder sees it: ``expires_at`` by the wall clock, ``ttl`` in seconds from now."""

    lease_id: str
    pool_id: str
    expires_at: datetime
    ttl: float
    is_new: bool


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the manager takes preloads, and if not, why."""

    ready: bool
    reasons: tuple[str, ...]


class PoolManager:
    """Pools by id. The same in process and behind HTTP; only ``clock`` and ``spawner`` are ever replaced."""

    def __init__(self, config: ManagerConfig, *, clock: Clock, spawner: Spawner, run_dir: RunDir) -> None:
        self._config = config
        self._clock = clock
        self._spawner = spawner
        self._run_dir = run_dir
        self._runners: dict[str, PoolRunner] = {}
        self._closing = False
        self.changes = Changes(self.statuses, clock)
        """What happens to the pools (PM-OBS-3)."""

    async def start(self) -> int:
        """End the engines that a killed manager left behind; return how many processes that were (PM-DUR-3)."""
        ended = 0
        for intent in await asyncio.to_thread(self._run_dir.journal.pending):
            left = await self._spawner.reap(intent.nonce, self._config.stop_grace)
            ended += left
            await asyncio.to_thread(remove_handoff, self._run_dir.handoff_path(intent.pool_id))
            await asyncio.to_thread(self._run_dir.journal.forget, intent.nonce)
            _log.warning("left_behind_ended", pool_id=intent.pool_id, processes=left)
        return ended

    async def close(self) -> None:
        """Stop every engine and start no more; return when none is left."""
        self._closing = True
        runners = list(self._runners.values())
        for runner in runners:
            runner.shut_down()
        ends = await asyncio.gather(*(runner.finished for runner in runners), return_exceptions=True)
        for error in ends:
            if isinstance(error, BaseException):
                _log.error("stop_failed", exc_info=error)
        self.changes.close()

    def readiness(self) -> Readiness:
        """Whether a preload has a chance at all."""
        reasons = []
        if self._closing:
            reasons.append("shutting down")
        if not self._config.engine_dirs:
            reasons.append("no engine may be executed: POOL_MANAGERD_ENGINE_DIRS is empty")
        return Readiness(not reasons, tuple(reasons))

    def status(self, pool_id: str) -> PoolStatus:
        """The pool's latest snapshot; raises InvalidPoolId or UnknownPool. Waits for nothing (PM-STATUS-4, PM-STATUS-5)."""
        return self._runner(pool_id).published.status

    def statuses(self) -> tuple[PoolStatus, ...]:
        """The snapshots of all pools, sorted by id."""
        return tuple(self._runners[pool_id].published.status for pool_id in sorted(self._runners))

    async def log_tail(self, pool_id: str, lines: int) -> str:
        """The last ``lines`` lines that the pool's engines printed; raises InvalidPoolId or UnknownPool (PM-OBS-4)."""
        self._runner(pool_id)
        return await asyncio.to_thread(last_lines, self._run_dir.log_path(pool_id), lines)

    async def preload(self, pool_id: str, prepared: PreparedEngine, *, wait: float = 0.0) -> Preloaded:
        """Spawn ``prepared`` in its pool, or join the same one that is there; wait at most ``wait`` seconds for ready.

        Raises InvalidPoolId, PoolIdMismatch, ManagerClosing, PreloadRefused, EngineConflict, PoolStopping, and, within the
        wait, EngineFailed (PM-PRELOAD-2 to PM-PRELOAD-10).
        """
        check_pool_id(pool_id)
        if prepared.pool_id != pool_id:
            raise PoolIdMismatch(pool_id, prepared.pool_id)
        runner = self._join(pool_id, prepared)
        if runner is None:
            await asyncio.to_thread(admit, prepared, self._config, self._spawner)
            runner = self._join(pool_id, prepared) or self._begin(pool_id, prepared)
        if wait > 0 and not runner.settled.is_set():
            try:
                await within(self._clock, wait, runner.settled.wait())
            except TimeoutError:
                return self._outcome(runner, ready=False)
        if runner.failure is not None:
            raise runner.failure
        ready = runner.pool.state is PoolState.READY
        if runner.settled.is_set() and not ready:
            raise EngineExited(runner.pool.last_error or "the engine ended right after it was ready")
        return self._outcome(runner, ready=ready)

    def _join(self, pool_id: str, prepared: PreparedEngine) -> PoolRunner | None:
        """The runner that already serves ``prepared``; None where a new one may begin."""
        if self._closing:
            raise ManagerClosing
        runner = self._runners.get(pool_id)
        if runner is None or not runner.pool.occupied:
            return None
        if runner.pool.state is PoolState.STOPPING:
            raise PoolStopping(pool_id)
        if runner.pool.state is PoolState.DRAINING:
            raise PoolDraining(pool_id)
        if runner.pool.prepared != prepared:
            raise EngineConflict(pool_id)
        return runner

    def _begin(self, pool_id: str, prepared: PreparedEngine) -> PoolRunner:
        runner = PoolRunner(
            prepared,
            self._config,
            clock=self._clock,
            spawner=self._spawner,
            run_dir=self._run_dir,
            tell=self.changes.tell,
            on_gone=self._forget,
            previous=self._runners.get(pool_id),
        )
        self._runners[pool_id] = runner
        return runner

    def _outcome(self, runner: PoolRunner, *, ready: bool) -> Preloaded:
        pool_id = runner.pool.prepared.pool_id
        return Preloaded(pool_id, ready, runner.pool.pid, self._run_dir.handoff_path(pool_id))

    async def stop(self, pool_id: str) -> None:
        """Stop the pool's engine with all its children and forget the pool; raises UnknownPool (PM-STOP-1).

        Returns when nothing is left. A caller that gives up does not interrupt the stop.
        """
        runner = self._runner(pool_id)
        runner.stop()
        await asyncio.shield(runner.finished)
        if self._runners.get(pool_id) is runner:
            runner.forget()
            self._forget(runner)

    async def drain(self, pool_id: str, *, deadline: float | None = None, wait: float = 0.0) -> Drained:
        """Let the pool finish what it has and then stop its engine.

        Raises UnknownPool, PoolStopping, and, within the wait, EngineExited.
        ``deadline`` and ``wait`` are in seconds: after the one it is stopped anyway, after the other the caller is answered
        (PM-DRAIN-1 to PM-DRAIN-4).
        """
        runner = self._runner(pool_id)
        if not runner.drain(self._config.drain_deadline if deadline is None else deadline):
            return Drained(pool_id, done=True, forced=False)
        if wait > 0:
            with contextlib.suppress(TimeoutError):
                await within(self._clock, wait, asyncio.wait({runner.finished}))
        match runner.pool.state:
            case PoolState.DRAINING:
                return Drained(pool_id, done=False, forced=False)
            case PoolState.STOPPED:
                return Drained(pool_id, done=True, forced=runner.was_forced)
            case PoolState.FAILED:
                raise EngineExited(runner.pool.last_error or "the engine ended while it was drained")
        raise PoolStopping(pool_id)

    def acquire(self, pool_id: str, key: str | None = None) -> LeaseGrant:
        """Lease a slot; raises UnknownPool, PoolNotReady, NoFreeSlot (PM-LEASE-1, PM-LEASE-2, PM-LEASE-5, PM-LEASE-6)."""
        lease, is_new = self._runner(pool_id).published.acquire(secrets.token_hex(16), key)
        return self._grant(pool_id, lease, is_new=is_new)

    def renew(self, pool_id: str, lease_id: str) -> LeaseGrant:
        """Give a lease a whole new time; raises UnknownPool, LeaseLost (PM-LEASE-4)."""
        return self._grant(pool_id, self._runner(pool_id).published.renew(lease_id), is_new=False)

    def release(self, pool_id: str, lease_id: str) -> None:
        """Give a slot back, however often; raises UnknownPool (PM-LEASE-3)."""
        self._runner(pool_id).published.release(lease_id)

    def _grant(self, pool_id: str, lease: Lease, *, is_new: bool) -> LeaseGrant:
        ttl = max(lease.expires_at - self._clock.monotonic(), 0.0)
        return LeaseGrant(lease.lease_id, pool_id, self._clock.wall() + timedelta(seconds=ttl), ttl, is_new)

    def _runner(self, pool_id: str) -> PoolRunner:
        try:
            return self._runners[check_pool_id(pool_id)]
        except KeyError:
            raise UnknownPool(pool_id) from None

    def _forget(self, runner: PoolRunner) -> None:
        pool_id = runner.pool.prepared.pool_id
        if self._runners.get(pool_id) is runner:
            del self._runners[pool_id]
