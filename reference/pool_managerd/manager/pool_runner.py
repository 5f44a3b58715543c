"""The one writer of a pool: it decides what happens to the pool's engine, and when."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from pool_managerd.clock import Clock
from pool_managerd.domain.errors import (
    EngineExited,
    EngineFailed,
    PoolDraining,
    PoolManagerError,
    PoolStopping,
    SpawnFailed,
    StartupTimeout,
)
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.feed import Change
from pool_managerd.domain.pool import Pool
from pool_managerd.domain.pool_state import PoolEvent, PoolState
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.ports import Spawner
from pool_managerd.manager.config import ManagerConfig
from pool_managerd.manager.deadline import Deadline
from pool_managerd.manager.incarnation import Incarnation
from pool_managerd.manager.published_pool import PublishedPool
from pool_managerd.manager.racing import until_first
from pool_managerd.storage.run_dir import RunDir

_log = structlog.get_logger("pool_managerd")

_EVENTS: Final[Mapping[type[EngineFailed], PoolEvent]] = {
    SpawnFailed: PoolEvent.SPAWN_FAILED,
    EngineExited: PoolEvent.ENGINE_EXITED_BADLY,
    StartupTimeout: PoolEvent.STARTUP_TIMEOUT,
}


class PoolRunner:
    """A pool from its preload until it has failed, has stopped or is gone; all its changes happen on the event loop.

    ``settled`` is set once the load succeeded, failed or was cancelled; ``failure`` then says why it is not ready. ``finished``
    completes when nothing of the engine is left but its log; ``was_forced`` then says whether a drain stopped what still worked.
    """

    def __init__(
        self,
        prepared: PreparedEngine,
        config: ManagerConfig,
        *,
        clock: Clock,
        spawner: Spawner,
        run_dir: RunDir,
        tell: Callable[[Change], None],
        on_gone: Callable[["PoolRunner"], None],
        previous: "PoolRunner | None",
    ) -> None:
        state = PoolState.ABSENT if previous is None else previous.pool.state
        self.published = PublishedPool(prepared, config, clock, tell, state)
        self.settled = asyncio.Event()
        self.failure: PoolManagerError | None = None
        self._config = config
        self._clock = clock
        self._spawner = spawner
        self._run_dir = run_dir
        self._on_gone = on_gone
        self._previous = previous
        self.was_forced = False
        self._stop = asyncio.Event()
        self._interrupted = asyncio.Event()
        self._deadline = Deadline(clock)
        self._is_idle = False
        self.published.change(self.pool.begin_loading, cause="preload")
        self.finished = asyncio.create_task(self._run(), name=f"pool {prepared.pool_id}")

    @property
    def pool(self) -> Pool:
        """The pool's whole truth; to be looked at."""
        return self.published.pool

    async def _run(self) -> None:
        # What happens here was asked for by whoever called last, not only by the caller whose context this is.
        structlog.contextvars.unbind_contextvars("correlation_id")
        if self._previous is not None:
            await asyncio.wait({self._previous.finished})
            self._previous = None
        incarnation = self._incarnation(self.pool.prepared)
        if await self._load(incarnation):
            await self._serve(incarnation)
        await incarnation.withdraw()
        await incarnation.forget()
        if self.pool.state is PoolState.STOPPING:
            self.remove_log()
            self.published.change(lambda: self.pool.end(PoolEvent.ENGINE_GONE, None), cause="stopped")
            self._on_gone(self)

    def _incarnation(self, prepared: PreparedEngine) -> Incarnation:
        return Incarnation(prepared, self._config, clock=self._clock, spawner=self._spawner, run_dir=self._run_dir)

    async def _load(self, incarnation: Incarnation) -> bool:
        """Bring the engine up: True when the pool is ready; otherwise nothing of the engine is left."""
        try:
            self.pool.spawned(await incarnation.spawn())
            self.published.publish("spawned")
            slots = await incarnation.become_healthy(self._interrupted.wait())
        except EngineFailed as failure:
            self._fail(failure)
            await self._end(incarnation, grace=0.0)
            return False
        if slots is not None:
            await incarnation.announce(slots)
        if slots is None or self._interrupted.is_set():
            await self._end(incarnation)
            return False
        self.published.change(lambda: self.pool.become_ready(slots), cause="healthy")
        self.settled.set()
        return True

    async def _serve(self, incarnation: Incarnation) -> None:
        await until_first(incarnation.exited(), self._interrupted.wait())
        if self.pool.state is PoolState.DRAINING:
            await incarnation.withdraw()
            await until_first(self._work_is_done(incarnation), self._deadline.passed(), incarnation.exited(), self._stop.wait())
        if self._stop.is_set():
            await self._end(incarnation)
        elif incarnation.exit is not None:
            await self._notice_exit(incarnation, incarnation.exit)
        else:
            await self._end(incarnation, why=self._force())

    async def _work_is_done(self, incarnation: Incarnation) -> None:
        await self.published.no_leases.wait()
        await incarnation.become_idle()
        self._is_idle = True

    def _force(self) -> str | None:
        """Give up what is left of the work at the deadline of a drain; say what that was (PM-DRAIN-3)."""
        if self._is_idle:
            return None
        leases = self.pool.active_leases
        held = f"{leases} lease{'' if leases == 1 else 's'} were held" if leases else "the engine was at work"
        self.was_forced = True
        self.pool.drop_leases()
        self.published.publish("drain deadline")
        return f"drained by force: {held} when its time was over"

    async def _end(self, incarnation: Incarnation, *, grace: float | None = None, why: str | None = None) -> None:
        """End the engine, and with it a drain; ``why`` is what there is to say of that afterwards."""
        await incarnation.end(self._config.stop_grace if grace is None else grace)
        if self.pool.state is PoolState.DRAINING:
            self.published.change(lambda: self.pool.end(PoolEvent.ENGINE_GONE, why), cause=why or "drained")

    def _fail(self, failure: EngineFailed) -> None:
        if self._interrupted.is_set():
            return
        event = _EVENTS[type(failure)]
        self.published.change(lambda: self.pool.end(event, str(failure)), cause=str(failure))
        self.failure = failure
        self.settled.set()

    async def _notice_exit(self, incarnation: Incarnation, status: ExitStatus) -> None:
        event = PoolEvent.ENGINE_EXITED_OK if status.ok else PoolEvent.ENGINE_EXITED_BADLY
        cause = None if status.ok else incarnation.explain(f"the engine ended: {status}")
        self.published.change(lambda: self.pool.end(event, cause), cause=str(status))
        await incarnation.end(0.0)

    def shut_down(self) -> None:
        """Begin to stop the engine because the manager ends, whoever asked for what went on."""
        self.published.disown()
        self.stop(cause="shutdown")

    def stop(self, *, cause: str = "delete") -> None:
        """Begin to stop the engine; wait for ``finished`` to know that nothing is left (PM-STOP-1)."""
        if self.pool.state in (PoolState.LOADING, PoolState.READY, PoolState.DRAINING):
            self.published.change(self.pool.begin_stopping, cause=cause)
            self._stop.set()
            self._interrupt(PoolStopping(self.pool.prepared.pool_id))

    def drain(self, seconds: float) -> bool:
        """Begin to drain, or hurry where that has begun: stop the engine when it has nothing to do, in ``seconds`` at the latest.

        False where there is nothing to drain. Wait for ``finished`` to know that nothing is left (PM-DRAIN-1 to PM-DRAIN-4).
        Raises PoolStopping.
        """
        pool_id = self.pool.prepared.pool_id
        match self.pool.state:
            case PoolState.STOPPING | PoolState.ABSENT:
                raise PoolStopping(pool_id)
            case PoolState.FAILED | PoolState.STOPPED:
                return False
        self._deadline.bring_forward(seconds)
        if self.pool.state is not PoolState.DRAINING:
            self.published.change(self.pool.begin_draining, cause="drain")
            self._interrupt(PoolDraining(pool_id))
        return True

    def _interrupt(self, failure: PoolManagerError) -> None:
        """Whoever waits for the pool to become ready learns ``failure``."""
        self.failure = failure
        self.settled.set()
        self._interrupted.set()

    def forget(self) -> None:
        """Let a pool without an engine be gone."""
        self.published.change(self.pool.forget, cause="delete")
        self.remove_log()

    def remove_log(self) -> None:
        """Remove the pool's log; what cannot be removed is logged, never raised."""
        pool_id = self.pool.prepared.pool_id
        try:
            self._run_dir.log_path(pool_id).unlink(missing_ok=True)
        except OSError as error:
            _log.error("log_not_removed", pool_id=pool_id, cause=error.strerror)
