"""The one writer of a pool: it spawns one incarnation, waits for it, and clears up behind it."""

import asyncio
from collections.abc import Callable

import structlog

from pool_managerd.clock import Clock
from pool_managerd.domain.errors import (
    EngineExited,
    EngineFailed,
    LeaseLost,
    NoFreeSlot,
    PoolManagerError,
    PoolNotReady,
    PoolStopping,
    SpawnFailed,
    StartupTimeout,
)
from pool_managerd.domain.leases import Lease
from pool_managerd.domain.pool import Pool
from pool_managerd.domain.pool_state import PoolEvent, PoolState
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.domain.status import PoolStatus
from pool_managerd.engines.ports import Engine, ExitStatus, Spawner
from pool_managerd.manager.config import ManagerConfig
from pool_managerd.manager.readiness import become_healthy
from pool_managerd.storage.handoff import Handoff, remove_handoff, write_handoff
from pool_managerd.storage.journal import Intent
from pool_managerd.storage.run_dir import RunDir

_log = structlog.get_logger("pool_managerd")


class PoolRunner:
    """One incarnation of one pool. All changes of its :class:`Pool` happen here, on the event loop.

    ``status`` is the published snapshot. ``settled`` is set once the load succeeded, failed or was cancelled; ``failure`` then
    says why it is not ready. ``finished`` completes when nothing of the incarnation is left but its log.
    """

    def __init__(
        self,
        prepared: PreparedEngine,
        nonce: str,
        config: ManagerConfig,
        *,
        clock: Clock,
        spawner: Spawner,
        run_dir: RunDir,
        on_gone: Callable[["PoolRunner"], None],
        previous: "PoolRunner | None",
    ) -> None:
        self.pool = Pool(prepared, lease_ttl=config.lease_ttl)
        self.settled = asyncio.Event()
        self.failure: PoolManagerError | None = None
        self._nonce = nonce
        self._config = config
        self._clock = clock
        self._spawner = spawner
        self._run_dir = run_dir
        self._on_gone = on_gone
        self._previous = previous
        self._stop = asyncio.Event()
        self._expiry: asyncio.Task[None] | None = None
        self._change(self.pool.begin_loading, cause="preload")
        self.finished = asyncio.create_task(self._run(), name=f"pool {prepared.pool_id}")

    def _publish(self) -> None:
        self.status: PoolStatus = self.pool.status(self._config.advertise_host)

    def _change(self, event: Callable[[], None], *, cause: str) -> None:
        before = self.pool.state
        event()
        self._publish()
        if self.pool.state is not before:
            _log.info(
                "pool_changed",
                pool_id=self.pool.prepared.pool_id,
                old=before,
                new=self.pool.state,
                cause=cause,
            )

    # --- the incarnation ---

    async def _run(self) -> None:
        if self._previous is not None:
            await asyncio.wait({self._previous.finished})
            self._previous = None
        try:
            engine = await self._spawn()
        except SpawnFailed as failure:
            self._fail(PoolEvent.SPAWN_FAILED, failure)
        else:
            self.pool.spawned(engine.pid)
            self._publish()
            await self._serve(engine)
        await self._clear_up()
        if self.pool.state is PoolState.STOPPING:
            self.remove_log()
            self._change(lambda: self.pool.end(PoolEvent.ENGINE_GONE, None), cause="stopped")
            self._on_gone(self)

    async def _clear_up(self) -> None:
        pool_id = self.pool.prepared.pool_id
        try:
            await asyncio.to_thread(remove_handoff, self._run_dir.handoff_path(pool_id))
            await asyncio.to_thread(self._run_dir.journal.forget, self._nonce)
        except OSError as error:
            _log.error("run_dir_not_writable", pool_id=pool_id, cause=error.strerror)

    def remove_log(self) -> None:
        """Remove the pool's log; what cannot be removed is logged, never raised."""
        pool_id = self.pool.prepared.pool_id
        try:
            self._run_dir.log_path(pool_id).unlink(missing_ok=True)
        except OSError as error:
            _log.error("log_not_removed", pool_id=pool_id, cause=error.strerror)

    async def _spawn(self) -> Engine:
        prepared = self.pool.prepared
        intent = Intent(nonce=self._nonce, pool_id=prepared.pool_id, binary_path=prepared.binary_path)
        try:
            await asyncio.to_thread(self._run_dir.journal.intend, intent)
        except OSError as error:
            raise SpawnFailed(f"the run directory cannot be written: {error.strerror}") from error
        log_path = self._run_dir.log_path(prepared.pool_id)
        return await self._spawner.spawn(prepared, nonce=self._nonce, log_path=log_path)

    async def _serve(self, engine: Engine) -> None:
        exit_ = asyncio.create_task(engine.exited())
        stop = asyncio.create_task(self._stop.wait())
        try:
            if await self._load(engine, exit_, stop):
                await asyncio.wait({exit_, stop}, return_when=asyncio.FIRST_COMPLETED)
                if not self._stop.is_set():
                    await self._notice_exit(engine, exit_.result())
                    return
            if self._stop.is_set():
                await engine.end(self._config.stop_grace)
        finally:
            for task in (exit_, stop):
                task.cancel()

    async def _load(self, engine: Engine, exit_: "asyncio.Task[ExitStatus]", stop: "asyncio.Task[bool]") -> bool:
        """Gate readiness: race health against exit, stop and the start-up time-out. True when ready."""
        prepared = self.pool.prepared
        healthy = asyncio.create_task(become_healthy(engine, prepared, self._clock))
        timer = asyncio.create_task(self._clock.sleep(self._config.startup_timeout))
        try:
            await asyncio.wait({healthy, timer, exit_, stop}, return_when=asyncio.FIRST_COMPLETED)
            if self._stop.is_set():
                return False
            if exit_.done():
                await self._fail_loading(engine, exit_.result())
                return False
            if not healthy.done():
                await self._time_out(engine)
                return False
            slots_total = healthy.result()
        finally:
            timer.cancel()
            if healthy.cancel():
                await asyncio.wait({healthy})
        await self._announce(engine.pid, slots_total)
        if self._stop.is_set():
            return False
        self._change(lambda: self.pool.become_ready(slots_total), cause="healthy")
        self.settled.set()
        return True

    async def _announce(self, pid: int, slots: int) -> None:
        prepared = self.pool.prepared
        handoff = Handoff.of(prepared, pid=pid, slots=slots, url=prepared.reachable_url(self._config.advertise_host))
        try:
            await asyncio.to_thread(write_handoff, self._run_dir.handoff_path(prepared.pool_id), handoff)
        except OSError as error:
            _log.error("handoff_not_written", pool_id=prepared.pool_id, cause=error.strerror)

    def _fail(self, event: PoolEvent, failure: EngineFailed) -> None:
        if self.pool.state is PoolState.STOPPING:
            return
        self._change(lambda: self.pool.end(event, str(failure)), cause=str(failure))
        self.failure = failure
        self.settled.set()

    async def _fail_loading(self, engine: Engine, status: ExitStatus) -> None:
        event = PoolEvent.ENGINE_EXITED_OK if status.ok else PoolEvent.ENGINE_EXITED_BADLY
        self._fail(event, EngineExited(_explain(f"the engine ended while loading: {status}", engine.output_tail())))
        await engine.end(0.0)

    async def _time_out(self, engine: Engine) -> None:
        await engine.end(0.0)
        limit = f"{self._config.startup_timeout:g} s"
        failure = StartupTimeout(_explain(f"the engine was not healthy within {limit} and was killed", engine.output_tail()))
        self._fail(PoolEvent.STARTUP_TIMEOUT, failure)

    async def _notice_exit(self, engine: Engine, status: ExitStatus) -> None:
        event = PoolEvent.ENGINE_EXITED_OK if status.ok else PoolEvent.ENGINE_EXITED_BADLY
        cause = None if status.ok else _explain(f"the engine ended: {status}", engine.output_tail())
        self._change(lambda: self.pool.end(event, cause), cause=str(status))
        await engine.end(0.0)

    def stop(self) -> None:
        """Begin to stop the engine; wait for ``finished`` to know that nothing is left (PM-STOP-1)."""
        if self.pool.state in (PoolState.LOADING, PoolState.READY):
            self._change(self.pool.begin_stopping, cause="delete")
            self.failure = PoolStopping(self.pool.prepared.pool_id)
            self.settled.set()
            self._stop.set()

    # --- leases ---

    def acquire(self, lease_id: str, key: str | None) -> tuple[Lease, bool]:
        """Take a slot, or raise PoolNotReady or NoFreeSlot (PM-LEASE-1, PM-LEASE-2)."""
        pool_id = self.pool.prepared.pool_id
        if self.pool.state is not PoolState.READY:
            raise PoolNotReady(pool_id, self.pool.state)
        now = self._clock.monotonic()
        taken = self.pool.acquire(now, lease_id, key)
        self._publish()
        if taken is None:
            raise NoFreeSlot(pool_id, self.status.slots_total, self.pool.retry_after(now))
        if self._expiry is None or self._expiry.done():
            self._expiry = asyncio.create_task(self._expire_leases(), name=f"leases of {pool_id}")
        return taken

    def renew(self, lease_id: str) -> Lease:
        """Keep a slot, or raise LeaseLost (PM-LEASE-4)."""
        renewed = self.pool.renew(self._clock.monotonic(), lease_id)
        self._publish()
        if renewed is None:
            raise LeaseLost(self.pool.prepared.pool_id)
        return renewed

    def release(self, lease_id: str) -> None:
        """Give a slot back, however often (PM-LEASE-3)."""
        self.pool.release(self._clock.monotonic(), lease_id)
        self._publish()

    async def _expire_leases(self) -> None:
        while (due := self.pool.next_expiry) is not None:
            await self._clock.sleep(due - self._clock.monotonic())
            if self.pool.expire(self._clock.monotonic()):
                self._publish()


def _explain(what: str, output_tail: str) -> str:
    return f"{what}; its last output:\n{output_tail}" if output_tail else f"{what}; it printed nothing"
