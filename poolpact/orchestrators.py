"""Orchestrators under test: as a process, or one that somebody else started."""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from poolpact.account import unrecorded, wait_left, waited_in_vain
from poolpact.exchange import ExchangeFailed, over_socket
from poolpact.faults import FaultProxy
from poolpact.launch import Launch, inherited_environment, place_values
from poolpact.options import Options
from poolpact.patience import BRIEF_START
from poolpact.ports import free_port
from poolpact.sse import SseReader
from poolpact.targets.base import (
    MOST_SAID,
    MOST_SHOWN,
    Answer,
    CannotJudge,
    EventSource,
    Log,
    NotAnswering,
    OrchestratorTarget,
    PoolManagerTarget,
    StartRefused,
)
from poolpact.targets.logs import LogFile, NoLog, last_words
from poolpact.targets.processes import end_all, run_logged

COMMAND = Path(sys.executable).with_name("orchestratord")
START_WITHIN = 20.0
"""Seconds a process may take until it answers."""
STOP_WITHIN = 10.0
PREFLIGHT_WITHIN = 4.0
RECOVERED_WITHIN = 1.0
_OWN_PREFIXES = ("ORCHESTRATORD_", "POOL_MANAGER_", "POOL_MANAGERD_")


def remote_settings(line: FaultProxy, manager: PoolManagerTarget) -> dict[str, str]:
    """The settings with which an orchestrator reaches ``manager`` over ``line``."""
    token = {} if manager.token is None else {"POOL_MANAGERD_TOKEN": manager.token}
    return {"POOL_MANAGER_MODE": "remote", "POOL_MANAGERD_URL": line.url, **token}


class ReachedOrchestrator:
    """An orchestrator that is reached at ``url``, however it came to be."""

    def __init__(self, url: str, log: Log) -> None:
        self.url = url
        self.log = log

    async def send(
        self, method: str, target: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """See :class:`~poolpact.targets.base.OrchestratorTarget`."""
        began = time.monotonic()
        answer = await over_socket(self.url, method, target, dict(headers or {}), body)
        return Answer(answer.status, answer.headers, answer.body, time.monotonic() - began, f"{method} {self.url}{target}")

    async def open_stream(self, task_id: str) -> EventSource | Answer:
        """See :class:`~poolpact.targets.base.OrchestratorTarget`."""
        target = f"/v1/tasks/{quote(task_id, safe='')}/stream"
        began = time.monotonic()
        stream = await SseReader.open(self.url, target)
        if stream.is_stream:
            return stream
        await stream.close()
        return Answer(stream.status, stream.headers, stream.body, time.monotonic() - began, f"GET {self.url}{target}")


async def listens(url: str, within: float) -> bool:
    """Whether somebody accepts a connection at ``url`` within ``within`` seconds."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(within):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except OSError:
        return False
    writer.close()
    return True


class Starter(Protocol):
    """Makes orchestrators."""

    async def start(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """One with ``settings``, listening."""
        ...

    async def aclose(self) -> None:
        """End all that were started, and return when they are gone."""
        ...


class SharedOrchestrators:
    """One orchestrator for each distinct settings, started at first use."""

    def __init__(self, starter: Starter) -> None:
        self._starter = starter
        self._started: dict[frozenset[tuple[str, str]], OrchestratorTarget | StartRefused] = {}

    @classmethod
    def of(cls, options: Options, folder: Path, own: Callable[[], Starter]) -> "SharedOrchestrators":
        """Those of ``options``: a running one, a foreign command, or else the reference's as what ``own`` makes starts it."""
        if options.orchestrator_url is not None:
            return cls(RunningOrchestrator(options.orchestrator_url))
        if options.orchestrator_launch is not None:
            return cls(ProcessStarter(folder, options.orchestrator_launch))
        return cls(own())

    async def preflight(self) -> None:
        """Raise :class:`~poolpact.targets.base.CannotJudge` where nothing can be judged."""
        if isinstance(self._starter, RunningOrchestrator):
            await self._starter.preflight()

    async def get(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """The orchestrator with ``settings``; what it refused with where it ended instead of starting."""
        key = frozenset(settings.items())
        if key not in self._started:
            self._started[key] = await self._starter.start(settings)
        return self._started[key]

    async def recover(self) -> None:
        """Forget those that listen no more: they are started anew at their next use. Raises CannotJudge for a running one."""
        for key, orchestrator in list(self._started.items()):
            if isinstance(orchestrator, StartRefused) or await listens(orchestrator.url, RECOVERED_WITHIN):
                continue
            if isinstance(self._starter, RunningOrchestrator):
                raise CannotJudge(f"nobody listens at {orchestrator.url} any more")
            del self._started[key]

    async def aclose(self) -> None:
        """End them all."""
        self._started.clear()
        await self._starter.aclose()


class RunningOrchestrator:
    """The one that somebody else started (``-D orchestrator_url``): settings are no matter of the run."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def preflight(self) -> None:
        """Raise :class:`CannotJudge` unless something listens there."""
        if not await listens(self._url, PREFLIGHT_WITHIN):
            raise CannotJudge(f"no orchestrator listens at {self._url}")

    async def start(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """See :class:`Starter`."""
        return ReachedOrchestrator(self._url, NoLog())

    async def aclose(self) -> None:
        """Nothing: it goes on."""


class ProcessStarter:
    """Runs the console script ``orchestratord``, or ``launch``: its ``{url}`` and ``{token}`` are those of the pool manager.

    Settings are passed in the environment as well.
    """

    def __init__(self, folder: Path, launch: Launch | None = None) -> None:
        self._folder = folder
        self._launch = launch or Launch((str(COMMAND),))
        self._processes: list[subprocess.Popen[bytes]] = []
        self._numbers = itertools.count()

    async def start(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """See :class:`Starter`."""
        port = free_port()
        log_path = self._folder / f"orchestrator-{next(self._numbers)}.log"
        process = self._run(settings, port, log_path)
        self._processes.append(process)
        log = LogFile(log_path)
        url = f"http://127.0.0.1:{port}"
        within = wait_left(START_WITHIN, BRIEF_START)
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if process.poll() is not None:
                await self._end(process)
                return StartRefused(process.returncode, log.tail(MOST_SAID))
            try:
                with unrecorded():
                    async with asyncio.timeout(deadline - time.monotonic()):
                        await over_socket(url, "GET", "/health", {}, None)
            except (ExchangeFailed, TimeoutError):
                await asyncio.sleep(0.01)
            else:
                return ReachedOrchestrator(url, log)
        waited_in_vain(within, START_WITHIN)
        await self._end(process)
        said = last_words(log.tail(MOST_SAID), MOST_SHOWN)
        raise NotAnswering(f"the orchestrator did not answer on port {port} within {within:.3g} s:\n{said}")

    async def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """End what is left of ``process`` and its group, now: later its number may be that of a stranger."""
        await end_all([process], 0.0)
        self._processes.remove(process)

    def _run(self, settings: Mapping[str, str], port: int, log_path: Path) -> "subprocess.Popen[bytes]":
        """Start it; raises :class:`CannotJudge` for a program that cannot be executed."""
        url, token = settings.get("POOL_MANAGERD_URL", ""), settings.get("POOL_MANAGERD_TOKEN", "")
        values = {**place_values(f"127.0.0.1:{port}"), "url": url, "token": token}
        own = {"ORCHESTRATORD_ADDR": f"127.0.0.1:{port}", **settings, **self._launch.environment(values)}
        return run_logged(self._launch.argv(values), inherited_environment(*_OWN_PREFIXES) | own, log_path)

    async def aclose(self) -> None:
        """See :class:`Starter`."""
        await end_all(self._processes, STOP_WITHIN)
        self._processes.clear()
