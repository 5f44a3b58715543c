"""One run of an engine, from its journaled intent to the last of its files but the log."""

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Any

import structlog

from pool_managerd.clock import Clock
from pool_managerd.domain.errors import EngineExited, SpawnFailed, StartupTimeout
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.ports import Engine, Spawner
from pool_managerd.manager.config import ManagerConfig
from pool_managerd.manager.racing import until_first
from pool_managerd.manager.readiness import become_healthy, become_idle
from pool_managerd.storage.handoff import Handoff, remove_handoff, write_handoff
from pool_managerd.storage.journal import Intent
from pool_managerd.storage.run_dir import RunDir

_log = structlog.get_logger("pool_managerd")


class Incarnation:
    """What happens to one engine. It knows nothing of the state of its pool, and neither restarts nor replaces anything."""

    def __init__(
        self, prepared: PreparedEngine, config: ManagerConfig, *, clock: Clock, spawner: Spawner, run_dir: RunDir
    ) -> None:
        self.prepared = prepared
        self._nonce = secrets.token_hex(16)
        self._config = config
        self._clock = clock
        self._spawner = spawner
        self._run_dir = run_dir
        self._engine: Engine | None = None
        self._exit: ExitStatus | None = None
        self._slots: int | None = None

    @property
    def engine(self) -> Engine:
        """The engine; only after :meth:`spawn`."""
        if self._engine is None:
            raise RuntimeError("it was not spawned")
        return self._engine

    async def spawn(self) -> int:
        """Journal the intent, then start the engine; return its pid. Raises SpawnFailed."""
        prepared = self.prepared
        intent = Intent(nonce=self._nonce, pool_id=prepared.pool_id, binary_path=prepared.binary_path)
        try:
            await asyncio.to_thread(self._run_dir.journal.intend, intent)
        except OSError as error:
            raise SpawnFailed(f"the run directory cannot be written: {error.strerror}") from error
        log_path = self._run_dir.log_path(prepared.pool_id)
        self._engine = await self._spawner.spawn(prepared, nonce=self._nonce, log_path=log_path)
        return self._engine.pid

    async def become_healthy(self, interruption: Coroutine[Any, Any, object]) -> int | None:
        """Wait until the engine is healthy; return its number of slots, or None where ``interruption`` returned first.

        Raises EngineExited, with children of it perhaps left, and StartupTimeout, with none (PM-READY-1, PM-READY-3, PM-READY-4).
        """
        interrupted = _Noted(interruption)
        timeout = self._clock.sleep(self._config.startup_timeout)
        await until_first(self._gate(), timeout, self.exited(), interrupted.wait())
        if interrupted.came:
            return None
        if self._exit is not None:
            raise self._explain_exit(self._exit)
        if self._slots is None:
            raise await self._give_up()
        return self._slots

    async def _gate(self) -> None:
        self._slots = await become_healthy(self.engine, self.prepared, self._clock)

    def _explain_exit(self, status: ExitStatus) -> EngineExited:
        return EngineExited(self.explain(f"the engine ended while loading: {status}"))

    async def _give_up(self) -> StartupTimeout:
        await self.engine.end(0.0)
        limit = f"{self._config.startup_timeout:g} s"
        return StartupTimeout(self.explain(f"the engine was not healthy within {limit} and was killed"))

    async def become_idle(self) -> None:
        """Return once the engine works on nothing, or cannot say (PM-DRAIN-2)."""
        await become_idle(self.engine, self._clock)

    def explain(self, what: str) -> str:
        """``what`` happened, with the engine's last output."""
        output = self.engine.output_tail()
        return f"{what}; its last output:\n{output}" if output else f"{what}; it printed nothing"

    async def exited(self) -> ExitStatus:
        """Complete when the engine's process has ended."""
        self._exit = await self.engine.exited()
        return self._exit

    @property
    def exit(self) -> ExitStatus | None:
        """How its process ended, once :meth:`exited` told."""
        return self._exit

    async def end(self, grace: float) -> None:
        """End whatever of the engine still runs; see :meth:`~pool_managerd.engines.ports.Engine.end`."""
        if self._engine is not None:
            await self._engine.end(grace)

    async def announce(self, slots: int) -> None:
        """Write the handoff file (PM-HANDOFF-1); where it cannot be written, that is logged."""
        prepared = self.prepared
        url = prepared.reachable_url(self._config.advertise_host)
        handoff = Handoff.of(prepared, pid=self.engine.pid, slots=slots, url=url)
        try:
            await asyncio.to_thread(write_handoff, self._run_dir.handoff_path(prepared.pool_id), handoff)
        except OSError as error:
            _log.error("handoff_not_written", pool_id=prepared.pool_id, cause=error.strerror)

    async def withdraw(self) -> None:
        """Remove the handoff file; where it cannot be removed, that is logged."""
        try:
            await asyncio.to_thread(remove_handoff, self._run_dir.handoff_path(self.prepared.pool_id))
        except OSError as error:
            _log.error("run_dir_not_writable", pool_id=self.prepared.pool_id, cause=error.strerror)

    async def forget(self) -> None:
        """Remove the intent, once nothing of the engine is left; where it cannot be removed, that is logged."""
        try:
            await asyncio.to_thread(self._run_dir.journal.forget, self._nonce)
        except OSError as error:
            _log.error("run_dir_not_writable", pool_id=self.prepared.pool_id, cause=error.strerror)


class _Noted:
    """A wait of which it is known whether it returned."""

    def __init__(self, wait: Coroutine[Any, Any, object]) -> None:
        self._wait = wait
        self.came = False

    async def wait(self) -> None:
        await self._wait
        self.came = True
