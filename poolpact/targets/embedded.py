"""Mode ``embedded``: the production manager and its API in this process, with virtual time and simulated engines or real ones."""

import asyncio
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI

from pool_managerd.api import Security, create_app
from pool_managerd.clock import Clock, SystemClock
from pool_managerd.engines.process import ProcessSpawner
from pool_managerd.manager import PoolManager
from pool_managerd.settings import read_settings
from pool_managerd.storage.run_dir import RunDir
from poolpact.asgi_stream import AsgiStream
from poolpact.contract import Contract, Witness
from poolpact.engine.records import EngineRecords
from poolpact.exchange import in_process
from poolpact.faults import FaultProxy
from poolpact.faults.lines import Lines
from poolpact.faults.proxy import over_http
from poolpact.in_process import InProcessStarter
from poolpact.logbook import LogBook
from poolpact.options import Options
from poolpact.orchestrators import SharedOrchestrators
from poolpact.serving import ServedApp
from poolpact.targets.base import (
    Answer,
    Condition,
    EventSource,
    Log,
    Mode,
    OrchestratorTarget,
    PoolManagerTarget,
    StartRefused,
    Timekeeper,
    with_token,
)
from poolpact.targets.processes import process_runs
from poolpact.targets.provisioning import Provisioning, own_settings
from poolpact.targets.watching import EVENTS, watched
from poolpact.targets.witnessed import overheard
from poolpact.timekeeping import RealTime, VirtualTime
from poolpact.virtual.clock import VirtualClock
from poolpact.virtual.loop import IdleTellingLoop
from poolpact.virtual.spawner import SimulatedSpawner

_PATIENCE = 120.0
"""Seconds after which an answer will never come."""
_RUN_DIR = "POOL_MANAGERD_RUN_DIR"


class EmbeddedPoolManager:
    """One manager in process; see :class:`~poolpact.targets.base.PoolManagerTarget`. ``witness`` sees all that it answers."""

    url = "http://127.0.0.1:9200"

    def __init__(
        self,
        manager: PoolManager,
        app: FastAPI,
        time: Timekeeper,
        token: str | None,
        run_dir: RunDir,
        witness: Witness,
        log: Log,
    ) -> None:
        self.manager = manager
        self.app = app
        self.token = token
        self.run_dir: Path | None = run_dir.path
        self.log: Log = log
        self._time = time
        self._run_dir = run_dir
        self._witness = witness
        self._served: ServedApp | None = None

    async def send(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
    ) -> Answer:
        """See :class:`~poolpact.targets.base.PoolManagerTarget`."""
        exchange = self._exchange(method, target, body, headers, authorised)
        answer = await self._time.complete(exchange, within=_PATIENCE, what=f"{method} {target}: an answer")
        self._witness.see(method, target, answer.status, answer.headers, answer.body)
        return answer

    def begin(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
    ) -> "asyncio.Task[Answer]":
        """See :class:`~poolpact.targets.base.PoolManagerTarget`."""
        return asyncio.create_task(self._overheard(method, target, body, headers, authorised))

    async def _overheard(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str] | None, authorised: bool
    ) -> Answer:
        answer = await self._exchange(method, target, body, headers, authorised)
        self._witness.overhear(method, target, answer.status, answer.headers, answer.body)
        return answer

    async def _exchange(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str] | None, authorised: bool
    ) -> Answer:
        sent = with_token(headers, self.token if authorised else None)
        began = self._time.now()
        answer = await in_process(self.app, method, target, sent, body)
        return Answer(answer.status, answer.headers, answer.body, self._time.now() - began, f"{method} {target}")

    async def watch(self, headers: Mapping[str, str] | None = None) -> EventSource | Answer:
        """See :class:`~poolpact.targets.base.PoolManagerTarget`."""
        began = self._time.now()
        stream = AsgiStream(self.app, EVENTS, with_token(headers, self.token), self._time)
        await stream.open()
        return await watched(stream, self._witness, self._time.now() - began)

    async def served_url(self) -> str:
        """Where its API is reached over the network; served from the first time on."""
        if self._served is None:
            self._served = ServedApp(self.app)
            await self._served.start()
        return self._served.url

    async def aclose(self) -> None:
        """End its engines and let go of its run directory."""
        if self._served is not None:
            await self._served.aclose()
        await self._time.complete(self.manager.close(), within=_PATIENCE, what="the pool manager closes")
        self._run_dir.close()


class EmbeddedTarget:
    """See :class:`~poolpact.targets.base.Target`."""

    mode: Mode = "embedded"

    def __init__(self, options: Options, scratch: Path) -> None:
        self._scratch = scratch
        self._witness = Witness(Contract.load())
        self.engine_records = options.host_dir or scratch / "engines"
        self.engine_records.mkdir(exist_ok=True)
        self.records = EngineRecords(self.engine_records)
        self._is_simulated = options.engine == "simulated"
        self._managers: dict[frozenset[tuple[str, str]], EmbeddedPoolManager] = {}
        self._spawners: list[SimulatedSpawner | ProcessSpawner] = []
        self._lines = Lines()
        self._log = LogBook()
        """Of all subjects: they are in one process."""

    async def start(self) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        self.clock: Clock
        self.time: Timekeeper
        if self._is_simulated:
            clock = VirtualClock(cast(IdleTellingLoop, asyncio.get_running_loop()))
            self.clock, self.time = clock, VirtualTime(clock)
        else:
            self.clock, self.time = SystemClock(), RealTime()
        self._provisioning = Provisioning(self.time, self.records)
        self._log.open()
        self._orchestrators = SharedOrchestrators(
            InProcessStarter(self._log, clock=self.clock, embedded_manager=self._manager_of)
        )

    async def pool_manager(self, settings: Mapping[str, str]) -> EmbeddedPoolManager:
        """See :class:`~poolpact.targets.base.Target`."""
        key = frozenset(settings.items())
        if key not in self._managers:
            self._managers[key] = await self._make(settings)
        return self._managers[key]

    async def _make(self, wanted: Mapping[str, str]) -> EmbeddedPoolManager:
        folder = self._scratch / f"pool-manager-{len(self._managers)}"
        settings = read_settings({**own_settings(folder / "run", self.engine_records), **wanted})
        run_dir = RunDir(settings.run_dir)
        run_dir.open()
        spawner = self._spawner({**os.environ, **wanted})
        manager = PoolManager(settings.manager_config(), clock=self.clock, spawner=spawner, run_dir=run_dir)
        await manager.start()
        token = settings.token.get_secret_value() if settings.token else None
        app = create_app(manager, Security(token, frozenset(settings.allowed_hosts)))
        return EmbeddedPoolManager(manager, app, self.time, token, run_dir, self._witness, self._log)

    def _spawner(self, environ: Mapping[str, str]) -> SimulatedSpawner | ProcessSpawner:
        spawner: SimulatedSpawner | ProcessSpawner
        if isinstance(self.clock, VirtualClock):
            spawner = SimulatedSpawner(environ, self.clock, self.records)
        else:
            spawner = ProcessSpawner(environ, self.clock)
        self._spawners.append(spawner)
        return spawner

    async def bring_about(self, manager: PoolManagerTarget, prepared: Mapping[str, Any], condition: Condition) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._provisioning.bring_about(manager, prepared, condition)

    async def dismiss(self, manager: PoolManagerTarget, pool_ids: Collection[str]) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._provisioning.dismiss(manager, pool_ids)
        self._witness.speak_up()

    def is_alive(self, pid: int) -> bool:
        """See :class:`~poolpact.targets.base.Target`."""
        if self._is_simulated:
            return any(spawner.is_alive(pid) for spawner in self._spawners if isinstance(spawner, SimulatedSpawner))
        return process_runs(pid)

    async def line(self, manager: PoolManagerTarget) -> FaultProxy:
        """See :class:`~poolpact.targets.base.Target`."""
        url = await cast(EmbeddedPoolManager, manager).served_url()
        return await self._lines.to(url, overheard(over_http(url), self._witness))

    async def way_to(self, manager: PoolManagerTarget) -> Mapping[str, str]:
        """See :class:`~poolpact.targets.base.Target`."""
        return {"POOL_MANAGER_MODE": "embedded", _RUN_DIR: str(manager.run_dir)}

    async def _manager_of(self, settings: Mapping[str, str]) -> PoolManager:
        return next(each.manager for each in self._managers.values() if str(each.run_dir) == settings[_RUN_DIR])

    async def orchestrator(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """See :class:`~poolpact.targets.base.Target`."""
        return await self._orchestrators.get(settings)

    async def recover(self) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._orchestrators.recover()

    async def aclose(self) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._orchestrators.aclose()
        await self._lines.aclose()
        for manager in self._managers.values():
            await manager.aclose()
        for spawner in self._spawners:
            if isinstance(spawner, ProcessSpawner):
                await spawner.aclose()
        self._witness.coverage.save(self._scratch)
        self._witness.speak_up()
