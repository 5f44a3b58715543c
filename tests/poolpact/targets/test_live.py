import asyncio
import math
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from poolpact.account import Transcript, begin_recording
from poolpact.contract import Contract, ContractViolation, Witness
from poolpact.options import Options
from poolpact.ports import free_port
from poolpact.serving import ServedApp
from poolpact.targets.base import CannotJudge, NotStarted
from poolpact.targets.live import Daemon, LiveTarget
from poolpact.targets.processes import process_runs


def run(scratch: Path, scenario: Callable[[LiveTarget], Awaitable[None]], **options: str) -> None:
    async def main() -> None:
        target = LiveTarget(Options(mode="live", engine="process", **options), scratch)  # type: ignore[arg-type]
        try:
            await target.start()
            await scenario(target)
        finally:
            await target.aclose()

    asyncio.run(main())


def test_a_daemon_is_started_once_for_equal_settings_and_ended(tmp_path: Path) -> None:
    daemons: list[int] = []

    async def scenario(target: LiveTarget) -> None:
        daemon = await target.pool_manager({})
        assert await target.pool_manager({}) is daemon
        assert (await daemon.send("GET", "/health")).status == 200
        assert daemon.run_dir is not None
        assert daemon.run_dir.is_dir()
        daemons.extend(process.pid for process in target._processes)

    run(tmp_path, scenario)
    assert len(daemons) == 1
    assert not process_runs(daemons[0])


def test_what_it_takes_until_a_daemon_answers_is_evidence_of_nothing(tmp_path: Path) -> None:
    transcript = Transcript(time.monotonic(), math.inf)

    async def scenario(target: LiveTarget) -> None:
        begin_recording(transcript)
        daemon = await target.pool_manager({})
        assert transcript.counted == {}
        await daemon.send("GET", "/health")
        assert transcript.counted == {daemon.url: 1}

    run(tmp_path, scenario)


def test_a_daemon_that_ended_is_done_with_before_the_next_one_starts(tmp_path: Path) -> None:
    """Its number may be that of a stranger when the run is over."""

    async def scenario(target: LiveTarget) -> None:
        first = await target.pool_manager({})
        assert first.process is not None
        first.process.kill()
        first.process.wait()
        second = await target.pool_manager({})
        assert target._processes == [second.process]
        with pytest.raises(NotStarted):
            await target.pool_manager({"POOL_MANAGERD_LEASE_TTL": "soon"})
        assert target._processes == [second.process]

    run(tmp_path, scenario)


def test_a_daemon_that_does_not_start_says_why(tmp_path: Path) -> None:
    async def scenario(target: LiveTarget) -> None:
        with pytest.raises(NotStarted) as refused:
            await target.pool_manager({"POOL_MANAGERD_LEASE_TTL": "soon"})
        assert refused.value.refusal.exit_code == 2
        assert "LEASE_TTL" in refused.value.refusal.stderr

    run(tmp_path, scenario)


def test_a_daemon_that_somebody_else_started_must_answer(tmp_path: Path) -> None:
    async def scenario(target: LiveTarget) -> None:
        raise NotImplementedError

    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(CannotJudge, match=url):
        run(tmp_path, scenario, url=url)


async def unready(scope: Any, _receive: Any, send: Any) -> None:
    """An application that answers every call with a body that nobody documented."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})


def test_only_an_own_daemon_is_held_to_the_whole_contract() -> None:
    async def main() -> None:
        served = ServedApp(unready)
        await served.start()
        try:
            assert (await Daemon(served.url, None, None, None).send("GET", "/ready")).status == 200
            witness = Witness(Contract.load())
            own = Daemon(served.url, None, None, witness)
            with pytest.raises(ContractViolation, match="'ready' is a required property"):
                await own.send("GET", "/ready")
            assert (await own.begin("GET", "/ready")).status == 200
            with pytest.raises(ContractViolation, match="'ready' is a required property"):
                witness.speak_up()
        finally:
            await served.aclose()

    asyncio.run(main())


def test_a_process_runs_until_it_has_ended() -> None:
    assert process_runs(os.getpid())
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        assert not process_runs(pid)
    finally:
        os.waitpid(pid, 0)
    assert not process_runs(pid)
