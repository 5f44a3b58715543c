"""Mode ``mock``: a scripted pool manager over real HTTP, and simulated engines in process behind it."""

import asyncio
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from poolpact.account import unrecorded
from poolpact.contract import Contract, InvalidContract
from poolpact.contract.files import PACT
from poolpact.contract.pact import InvalidPact, read_pact
from poolpact.engine.behaviour import Behaviour
from poolpact.engine.record import Recorder
from poolpact.engine.records import EngineRecords
from poolpact.engine.server import SimulatedEngineServer
from poolpact.exchange import over_socket
from poolpact.faults import FaultProxy
from poolpact.faults.lines import Lines
from poolpact.mock import PactAnswers, ScriptedPool, ScriptedPoolManager
from poolpact.options import Options
from poolpact.orchestrators import SharedOrchestrators, Starter, remote_settings
from poolpact.targets.base import (
    Answer,
    CannotJudge,
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
from poolpact.targets.logs import NoLog
from poolpact.targets.watching import watch_over_socket
from poolpact.timekeeping import RealTime

TOKEN, LEASE_TTL = "POOL_MANAGERD_TOKEN", "POOL_MANAGERD_LEASE_TTL"
DEFAULT_LEASE_TTL = "30s"
_CAUSES: Mapping[Condition, str] = {"failed": "the engine ended while loading: exit code 3; it printed nothing"}


class ScriptedTarget:
    """A scripted pool manager as a target."""

    run_dir: Path | None = None

    def __init__(self, manager: ScriptedPoolManager, lease_seconds: float) -> None:
        self.script = manager
        self.lease_seconds = lease_seconds
        self.url = manager.url
        self.token = manager.token
        self.log: Log = NoLog()

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
        sent = with_token(headers, self.token if authorised else None)
        began = time.monotonic()
        with unrecorded():
            answer = await over_socket(self.url, method, target, sent, body)
        return Answer(answer.status, answer.headers, answer.body, time.monotonic() - began, f"{method} {target}")

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
        return asyncio.create_task(self.send(method, target, body=body, headers=headers, authorised=authorised))

    async def watch(self, headers: Mapping[str, str] | None = None) -> EventSource | Answer:
        """See :class:`~poolpact.targets.base.PoolManagerTarget`."""
        with unrecorded():
            return await watch_over_socket(self.url, with_token(headers, self.token), None)


class MockEngine:
    """The engine of a scripted pool: it runs in this process, whatever the script says of the pool, and hears its orders."""

    def __init__(self, behaviour: Behaviour, records: EngineRecords) -> None:
        recorder = Recorder(records.directory, behaviour.nonce)
        self._server = SimulatedEngineServer(behaviour, recorder, is_healthy=True)
        self._server.start()
        recorder.write("started")
        self._forget = records.listen(behaviour.nonce, self._hear) if behaviour.nonce else lambda: None

    def _hear(self, order: str) -> None:
        match order:
            case "hold":
                self._server.hold()
            case "release":
                self._server.release()
            case "end":
                self._server.exit()

    def stop(self) -> None:
        """End it."""
        self._forget()
        self._server.stop()


class MockTarget:
    """See :class:`~poolpact.targets.base.Target`."""

    mode: Mode = "mock"

    def __init__(self, options: Options, scratch: Path) -> None:
        self.time: Timekeeper = RealTime()
        self.engine_records = scratch / "engines"
        self.engine_records.mkdir()
        self.records = EngineRecords(self.engine_records)
        self._orchestrators = SharedOrchestrators.of(options, scratch, _in_process)
        self._lines = Lines(options.judge_port, options.judge_host)
        self._managers: dict[frozenset[tuple[str, str]], ScriptedTarget] = {}
        self._engines: dict[str, MockEngine] = {}

    async def start(self) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        try:
            self._contract = Contract.load()
            self._answers = PactAnswers(read_pact(PACT))
        except (InvalidContract, InvalidPact) as error:
            raise CannotJudge(str(error)) from None
        await self._orchestrators.preflight()

    async def pool_manager(self, settings: Mapping[str, str]) -> ScriptedTarget:
        """See :class:`~poolpact.targets.base.Target`."""
        key = frozenset(settings.items())
        if key not in self._managers:
            script = ScriptedPoolManager(self._contract, self._answers, token=settings.get(TOKEN))
            await script.start()
            lease_seconds = float(settings.get(LEASE_TTL, DEFAULT_LEASE_TTL).removesuffix("s"))
            self._managers[key] = ScriptedTarget(script, lease_seconds)
        return self._managers[key]

    async def bring_about(self, manager: PoolManagerTarget, prepared: Mapping[str, Any], condition: Condition) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        scripted = self._scripted(manager)
        await self.dismiss(manager, [prepared["pool_id"]])
        behaviour = Behaviour.parse(prepared["flags"])
        pool = ScriptedPool(
            prepared["pool_id"],
            slots_total=prepared.get("slots_total") or behaviour.slots,
            url=f"http://{prepared['host']}:{prepared['port']}",
            lease_seconds=scripted.lease_seconds,
        )
        pool.enter(condition, _CAUSES.get(condition))
        self._engines[pool.pool_id] = MockEngine(behaviour, self.records)
        scripted.script.pools[pool.pool_id] = pool

    async def dismiss(self, manager: PoolManagerTarget, pool_ids: Collection[str]) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        for pool_id in pool_ids:
            self._scripted(manager).script.pools.pop(pool_id, None)
            engine = self._engines.pop(pool_id, None)
            if engine is not None:
                engine.stop()

    def _scripted(self, manager: PoolManagerTarget) -> ScriptedTarget:
        return next(each for each in self._managers.values() if each is manager)

    def is_alive(self, pid: int) -> bool:
        """See :class:`~poolpact.targets.base.Target`. Its engines live in this process."""
        return pid == os.getpid()

    async def line(self, manager: PoolManagerTarget) -> FaultProxy:
        """See :class:`~poolpact.targets.base.Target`."""
        return await self._lines.to(manager.url, self._scripted(manager).script.answer)

    async def way_to(self, manager: PoolManagerTarget) -> Mapping[str, str]:
        """See :class:`~poolpact.targets.base.Target`."""
        return remote_settings(await self.line(manager), manager)

    async def orchestrator(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """See :class:`~poolpact.targets.base.Target`."""
        return await self._orchestrators.get(settings)

    async def recover(self) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._orchestrators.recover()

    async def aclose(self) -> None:
        """See :class:`~poolpact.targets.base.Target`; raises what a scripted answer had against the contract."""
        await self._orchestrators.aclose()
        await self._lines.aclose()
        for engine in self._engines.values():
            engine.stop()
        for manager in self._managers.values():
            await manager.script.close()


def _in_process() -> Starter:
    from poolpact.in_process import InProcessStarter
    from poolpact.logbook import LogBook

    log = LogBook()
    log.open()
    return InProcessStarter(log)
