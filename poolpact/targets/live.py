"""Mode ``live``: a daemon over HTTP, started by the run or by somebody else (``-D url``)."""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from poolpact.account import unrecorded, wait_left, waited_in_vain
from poolpact.contract import Contract, Witness
from poolpact.engine.records import EngineRecords
from poolpact.exchange import ExchangeFailed, NoHttpAnswer, over_socket
from poolpact.faults import FaultProxy
from poolpact.faults.lines import Lines
from poolpact.faults.proxy import over_http
from poolpact.launch import Launch, inherited_environment, place_values
from poolpact.options import Options
from poolpact.orchestrators import ProcessStarter, SharedOrchestrators, remote_settings
from poolpact.patience import BRIEF_START
from poolpact.ports import free_port
from poolpact.targets.base import (
    MOST_SAID,
    MOST_SHOWN,
    Answer,
    CannotJudge,
    Condition,
    EventSource,
    Log,
    Mode,
    NotAnswering,
    NotStarted,
    OrchestratorTarget,
    PoolManagerTarget,
    StartRefused,
    Timekeeper,
    with_token,
)
from poolpact.targets.logs import LogFile, NoLog, last_words
from poolpact.targets.processes import end_all, process_runs, run_logged
from poolpact.targets.provisioning import Provisioning, own_settings
from poolpact.targets.watching import watch_over_socket
from poolpact.targets.witnessed import overheard
from poolpact.timekeeping import RealTime
from poolpact.world import ENGINE

DAEMON = Path(sys.executable).with_name("pool-managerd")
START_WITHIN = 20.0
STOP_WITHIN = 15.0
PREFLIGHT_PAUSE = 0.05
PREFLIGHT_WITHIN = 4.0
ASKED_AGAIN_WITHIN = 0.2
_ADDR, _TOKEN = "POOL_MANAGERD_ADDR", "POOL_MANAGERD_TOKEN"


class Daemon:
    """A pool manager that is reached at ``url``; see :class:`~poolpact.targets.base.PoolManagerTarget`.

    ``witness`` sees all that it answers. A foreign one has none: it is held to the requirements alone. ``process`` is there for
    one that the run started.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        run_dir: Path | None,
        witness: Witness | None,
        process: "subprocess.Popen[bytes] | None" = None,
        log: Log | None = None,
    ) -> None:
        self.url = url
        self.token = token
        self.run_dir = run_dir
        self.process = process
        self._witness = witness
        self.log: Log = log or NoLog()

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
        sent = with_token(headers, self.token if authorised else None)
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

    async def watch(self, headers: Mapping[str, str] | None = None) -> EventSource | Answer:
        """See :class:`~poolpact.targets.base.PoolManagerTarget`."""
        return await watch_over_socket(self.url, with_token(headers, self.token), self._witness)


class LiveTarget:
    """See :class:`~poolpact.targets.base.Target`."""

    mode: Mode = "live"

    def __init__(self, options: Options, scratch: Path) -> None:
        self._options = options
        self._scratch = scratch
        is_foreign = options.url is not None or options.daemon_launch is not None
        self._witness = None if is_foreign else Witness(Contract.load())
        self._patience = PREFLIGHT_WITHIN
        self.time: Timekeeper = RealTime()
        self.engine_records = options.host_dir or scratch / "engines"
        self.engine_records.mkdir(exist_ok=True)
        self.records = EngineRecords(self.engine_records)
        self._provisioning = Provisioning(self.time, self.records)
        self._daemons: dict[frozenset[tuple[str, str]], Daemon] = {}
        self._numbers = itertools.count()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lines = Lines(options.judge_port, options.judge_host)
        self._orchestrators = SharedOrchestrators.of(options, scratch, lambda: ProcessStarter(scratch))

    async def start(self) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        await self._orchestrators.preflight()
        if self._options.url is not None:
            await self._preflight(self._options.url, PREFLIGHT_WITHIN)

    async def _preflight(self, url: str, within: float) -> None:
        """Give a daemon that was started just now the time to listen; raises CannotJudge when no daemon answers."""
        failure: Exception | None = None
        try:
            async with asyncio.timeout(within):
                while True:
                    try:
                        await over_socket(url, "GET", "/health", {}, None)
                    except NoHttpAnswer as error:
                        raise CannotJudge(f"no daemon answers at {url}: {error}") from None
                    except ExchangeFailed as error:
                        failure = error
                        await asyncio.sleep(PREFLIGHT_PAUSE)
                    else:
                        return
        except TimeoutError:
            raise CannotJudge(f"no daemon answers at {url}: {failure or f'no whole answer within {within:g} s'}") from None

    async def recover(self) -> None:
        """See :class:`~poolpact.targets.base.Target`. One that does not answer is asked with less patience the next time."""
        await self._orchestrators.recover()
        if self._options.url is not None:
            within, self._patience = self._patience, ASKED_AGAIN_WITHIN
            await self._preflight(self._options.url, within)
            self._patience = PREFLIGHT_WITHIN
            return
        for key, daemon in list(self._daemons.items()):
            try:
                await self._preflight(daemon.url, PREFLIGHT_WITHIN)
            except CannotJudge:
                del self._daemons[key]
                if daemon.process is not None:
                    await self._end(daemon.process, STOP_WITHIN)

    async def pool_manager(self, settings: Mapping[str, str]) -> Daemon:
        """See :class:`~poolpact.targets.base.Target`. The settings of a daemon that somebody else started are what they are."""
        if self._options.url is not None:
            return Daemon(self._options.url, self._options.token, None, None)
        if self._options.daemon_launch is not None and self._options.token is not None:
            settings = {_TOKEN: self._options.token, **settings}
        key = frozenset(settings.items())
        daemon = self._daemons.get(key)
        if daemon is not None and daemon.process is not None and daemon.process.poll() is not None:
            del self._daemons[key]
            await self._end(daemon.process)
        if key not in self._daemons:
            self._daemons[key] = await self._start(settings)
        return self._daemons[key]

    async def _end(self, process: "subprocess.Popen[bytes]", within: float = 0.0) -> None:
        """End what is left of ``process`` and its group, now: later its number may be that of a stranger."""
        await end_all([process], within)
        self._processes.remove(process)

    async def _start(self, wanted: Mapping[str, str]) -> Daemon:
        folder = self._scratch / f"pool-managerd-{next(self._numbers)}"
        folder.mkdir()
        run_dir, log_path = folder / "run", folder / "daemon.log"
        engine = self._options.engine_program or ENGINE
        settings = {_ADDR: f"127.0.0.1:{free_port()}", **own_settings(run_dir, self.engine_records, engine), **wanted}
        token, port = settings.pop(_TOKEN, None) or None, settings[_ADDR].rpartition(":")[2]
        settings |= {_TOKEN: token} if token else {}
        launch = self._options.daemon_launch or Launch((str(DAEMON),))
        values = {**place_values(settings[_ADDR], run_dir=run_dir, engine_dir=engine.parent), "token": token or ""}
        environment = inherited_environment("POOL_MANAGERD_") | settings | launch.environment(values)
        at_home = folder if self._options.daemon_launch is None else None
        process = run_logged(launch.argv(values), environment, log_path, at_home)
        self._processes.append(process)
        daemon = Daemon(f"http://127.0.0.1:{port}", token, run_dir, self._witness, process, LogFile(log_path))
        try:
            await _until_it_answers(process, daemon)
        except (NotAnswering, NotStarted):
            await self._end(process)
            raise
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
        await end_all(self._processes, STOP_WITHIN)
        self._processes.clear()
        if self._witness is not None:
            self._witness.coverage.save(self._scratch)
            self._witness.speak_up()


async def _until_it_answers(process: "subprocess.Popen[bytes]", daemon: Daemon) -> None:
    """Return when ``daemon`` answers; raises NotStarted when its ``process`` ends instead."""
    within = wait_left(START_WITHIN, BRIEF_START)
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotStarted(StartRefused(process.returncode, daemon.log.tail(MOST_SAID)))
        try:
            with unrecorded():
                async with asyncio.timeout(deadline - time.monotonic()):
                    await daemon.send("GET", "/health", authorised=False)
        except (ExchangeFailed, TimeoutError):
            await asyncio.sleep(0.01)
        else:
            return
    waited_in_vain(within, START_WITHIN)
    said = last_words(daemon.log.tail(MOST_SAID), MOST_SHOWN)
    raise NotAnswering(f"it did not answer at {daemon.url} within {within:.3g} s:\n{said}")
