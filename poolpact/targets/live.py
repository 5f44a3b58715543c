"""Mode ``live``: a daemon over HTTP, started by the run or by somebody else (``-D url``)."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from poolpact.contract import Contract, Witness
from poolpact.engine.records import EngineRecords
from poolpact.exchange import ExchangeFailed, over_socket
from poolpact.faults import FaultProxy
from poolpact.faults.lines import Lines
from poolpact.faults.proxy import over_http
from poolpact.options import Options
from poolpact.orchestrators import ProcessStarter, SharedOrchestrators, remote_settings
from poolpact.ports import free_port
from poolpact.targets.base import (
    Answer,
    CannotJudge,
    Condition,
    Mode,
    NotStarted,
    OrchestratorTarget,
    PoolManagerTarget,
    StartRefused,
    Timekeeper,
)
from poolpact.targets.processes import process_runs
from poolpact.targets.provisioning import Provisioning, own_settings
from poolpact.targets.witnessed import overheard
from poolpact.timekeeping import RealTime

DAEMON = Path(sys.executable).with_name("pool-managerd")
START_WITHIN = 20.0
STOP_WITHIN = 15.0
PREFLIGHT_PAUSE = 0.05
PREFLIGHT_WITHIN = 4.0
_ADDR, _TOKEN = "POOL_MANAGERD_ADDR", "POOL_MANAGERD_TOKEN"


class Daemon:
    """A pool manager that is reached at ``url``; see :class:`~poolpact.targets.base.PoolManagerTarget`.

    ``witness`` sees all that it answers. One that somebody else started has none: it is held to the requirements alone.
    """

    def __init__(self, url: str, token: str | None, run_dir: Path | None, witness: Witness | None) -> None:
        self.url = url
        self.token = token
        self.run_dir = run_dir
        self._witness = witness

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
        answer = await self._exchange(method, target, body, headers, authorised)
        if self._witness is not None:
            self._witness.see(method, target, answer.status, answer.headers, answer.body)
        return answer

    async def _overheard(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str] | None, authorised: bool
    ) -> Answer:
        answer = await self._exchange(method, target, body, headers, authorised)
        if self._witness is not None:
            self._witness.overhear(method, target, answer.status, answer.headers, answer.body)
        return answer

    async def _exchange(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str] | None, authorised: bool
    ) -> Answer:
        sent = dict(headers or {})
        if authorised and self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        began = time.monotonic()
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
        return asyncio.create_task(self._overheard(method, target, body, headers, authorised))


class LiveTarget:
    """See :class:`~poolpact.targets.base.Target`."""

    mode: Mode = "live"

    def __init__(self, options: Options, scratch: Path) -> None:
        self._options = options
        self._scratch = scratch
        self._witness = Witness(Contract.load()) if options.url is None else None
        self.time: Timekeeper = RealTime()
        self.engine_records = options.host_dir or scratch / "engines"
        self.engine_records.mkdir(exist_ok=True)
        self.records = EngineRecords(self.engine_records)
        self._provisioning = Provisioning(self.time, self.records)
        self._daemons: dict[frozenset[tuple[str, str]], Daemon] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lines = Lines(options.judge_port)
        self._orchestrators = SharedOrchestrators.of(options, scratch, ProcessStarter(scratch))

    async def start(self) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._orchestrators.preflight()
        if self._options.url is None:
            return
        await self._preflight(self._options.url)

    async def _preflight(self, url: str) -> None:
        """Give a daemon that was started just now the time to listen; raises CannotJudge when nobody answers."""
        failure: Exception | None = None
        try:
            async with asyncio.timeout(PREFLIGHT_WITHIN):
                while True:
                    try:
                        await over_socket(url, "GET", "/health", {}, None)
                    except ExchangeFailed as error:
                        failure = error
                        await asyncio.sleep(PREFLIGHT_PAUSE)
                    else:
                        return
        except TimeoutError:
            raise CannotJudge(f"no daemon answers at {url}: {failure or 'time-out'}") from None

    async def pool_manager(self, settings: Mapping[str, str]) -> Daemon:
        """See :class:`~poolpact.targets.base.Target`. The settings of a daemon that somebody else started are what they are."""
        if self._options.url is not None:
            return Daemon(self._options.url, self._options.token, None, None)
        key = frozenset(settings.items())
        if key not in self._daemons:
            self._daemons[key] = await self._start(settings)
        return self._daemons[key]

    async def _start(self, wanted: Mapping[str, str]) -> Daemon:
        folder = self._scratch / f"pool-managerd-{len(self._processes)}"
        folder.mkdir()
        run_dir = folder / "run"
        settings = {_ADDR: f"127.0.0.1:{free_port()}", **own_settings(run_dir, self.engine_records), **wanted}
        log_path = folder / "daemon.log"
        process = _run({**_inherited(), **settings}, folder, log_path)
        self._processes.append(process)
        port = settings[_ADDR].rpartition(":")[2]
        daemon = Daemon(f"http://127.0.0.1:{port}", wanted.get(_TOKEN), run_dir, self._witness)
        await _until_it_answers(process, daemon, log_path)
        return daemon

    async def bring_about(self, manager: PoolManagerTarget, prepared: Mapping[str, Any], condition: Condition) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._provisioning.bring_about(manager, prepared, condition)

    async def dismiss(self, manager: PoolManagerTarget, pool_ids: Collection[str]) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._provisioning.dismiss(manager, pool_ids)
        if self._witness is not None:
            self._witness.speak_up()

    def is_alive(self, pid: int) -> bool:
        """See :class:`~poolpact.targets.base.Target`."""
        return process_runs(pid)

    async def line(self, manager: PoolManagerTarget) -> FaultProxy:
        """See :class:`~poolpact.targets.base.Target`."""
        upstream = over_http(manager.url)
        return await self._lines.to(manager.url, overheard(upstream, self._witness) if self._witness else upstream)

    async def way_to(self, manager: PoolManagerTarget) -> Mapping[str, str]:
        """See :class:`~poolpact.targets.base.Target`."""
        return remote_settings(await self.line(manager), manager)

    async def orchestrator(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """See :class:`~poolpact.targets.base.Target`."""
        return await self._orchestrators.get(settings)

    async def aclose(self) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._orchestrators.aclose()
        await self._lines.aclose()
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                await asyncio.to_thread(process.wait, STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)
        self._processes.clear()
        if self._witness is not None:
            self._witness.coverage.save(self._scratch)
            self._witness.speak_up()


def _inherited() -> dict[str, str]:
    """The environment of the run, less settings of a daemon."""
    return {name: value for name, value in os.environ.items() if not name.startswith("POOL_MANAGERD_")}


def _run(environment: Mapping[str, str], folder: Path, log_path: Path) -> "subprocess.Popen[bytes]":
    with log_path.open("wb") as log:
        return subprocess.Popen(
            [DAEMON],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


async def _until_it_answers(process: "subprocess.Popen[bytes]", daemon: Daemon, log_path: Path) -> None:
    """Return when ``daemon`` answers; raises NotStarted when its ``process`` ends instead."""
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotStarted(StartRefused(process.returncode, _text(log_path)))
        try:
            await daemon.send("GET", "/health", authorised=False)
        except ExchangeFailed:
            await asyncio.sleep(0.01)
        else:
            return
    raise AssertionError(f"the daemon did not answer at {daemon.url} within {START_WITHIN:g} s:\n{_text(log_path)[-2000:]}")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
