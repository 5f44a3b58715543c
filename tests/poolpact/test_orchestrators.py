import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from poolpact.in_process import InProcessStarter
from poolpact.launch import Launch
from poolpact.logbook import LogBook
from poolpact.orchestrators import ProcessStarter, RunningOrchestrator, SharedOrchestrators, Starter
from poolpact.targets.base import CannotJudge, OrchestratorTarget, StartRefused

SETTINGS = {"POOL_MANAGERD_URL": "http://127.0.0.1:1", "POOL_MANAGER_MODE": "remote", "ORCHESTRATORD_DEADLINE_MS": "200"}
SAYS_ITS_ARGUMENTS = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        body = repr((sys.argv[2:], os.environ["POOL_MANAGERD_URL"])).encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
host, port = sys.argv[1].split(":")
HTTPServer((host, int(port)), Answer).serve_forever()
"""


def with_starter(starter: Starter, scenario: Callable[[SharedOrchestrators], Awaitable[None]]) -> None:
    async def run() -> None:
        shared = SharedOrchestrators(starter)
        try:
            async with asyncio.timeout(60):
                await scenario(shared)
        finally:
            await shared.aclose()

    asyncio.run(run())


async def started(shared: SharedOrchestrators, settings: dict[str, str]) -> OrchestratorTarget:
    subject = await shared.get(settings)
    assert not isinstance(subject, StartRefused), subject
    return subject


def in_process() -> InProcessStarter:
    log = LogBook()
    log.open()
    return InProcessStarter(log)


@pytest.mark.parametrize("kind", ["in process", "process"])
def test_the_references_orchestrator_answers(kind: str, tmp_path: Path) -> None:
    async def scenario(shared: SharedOrchestrators) -> None:
        subject = await started(shared, SETTINGS)
        health = await subject.send("GET", "/v1/pools/x/health")
        assert (health.status, health.json()["ready"]) == (200, False)
        while "pool_manager_down" not in subject.log.tail(100_000):  # on a slow machine its deadline may be over before it knows
            await subject.send("GET", "/v1/pools/x/health")

    with_starter(in_process() if kind == "in process" else ProcessStarter(tmp_path), scenario)


@pytest.mark.parametrize("kind", ["in process", "process"])
def test_bad_settings_are_a_refusal(kind: str, tmp_path: Path) -> None:
    async def scenario(shared: SharedOrchestrators) -> None:
        subject = await shared.get(SETTINGS | {"POOL_MANAGER_MODE": "wrong"})
        assert isinstance(subject, StartRefused)
        assert subject.exit_code == 2
        assert "POOL_MANAGER_MODE" in subject.stderr

    with_starter(in_process() if kind == "in process" else ProcessStarter(tmp_path), scenario)


def test_equal_settings_share_an_orchestrator() -> None:
    async def scenario(shared: SharedOrchestrators) -> None:
        first, other = await started(shared, SETTINGS), await started(shared, SETTINGS | {"ORCHESTRATORD_DEADLINE_MS": "300"})
        assert await shared.get(dict(SETTINGS)) is first
        assert first.url != other.url

    with_starter(in_process(), scenario)


def test_a_stream_that_is_refused_is_an_answer() -> None:
    async def scenario(shared: SharedOrchestrators) -> None:
        subject = await started(shared, SETTINGS)
        refused = await subject.open_stream("no such/task")
        assert refused.status == 404  # type: ignore[union-attr]

    with_starter(in_process(), scenario)


def test_a_command_gets_its_placeholders_and_the_settings(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(SAYS_ITS_ARGUMENTS)
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(program))} {{addr}} --manager {{url}} --token '{{token}}'"

    async def scenario(shared: SharedOrchestrators) -> None:
        subject = await started(shared, SETTINGS | {"POOL_MANAGERD_TOKEN": "a b"})
        url = SETTINGS["POOL_MANAGERD_URL"]
        assert (await subject.send("GET", "/")).body.decode() == repr((["--manager", url, "--token", "a b"], url))

    with_starter(ProcessStarter(tmp_path, Launch.parse(command)), scenario)


def test_an_orchestrator_that_runs_is_taken_as_it_is() -> None:
    async def scenario(shared: SharedOrchestrators) -> None:
        subject = await started(shared, SETTINGS)
        running = RunningOrchestrator(subject.url)
        await running.preflight()
        assert (await started(SharedOrchestrators(running), {})).url == subject.url

    with_starter(in_process(), scenario)


def test_nobody_there_cannot_be_judged() -> None:
    with pytest.raises(CannotJudge, match="no orchestrator listens at"):
        asyncio.run(SharedOrchestrators(RunningOrchestrator("http://127.0.0.1:1")).preflight())
