"""Ending an engine on a machine that does not play along."""

import asyncio
import errno
import os
import signal
from pathlib import Path

import pytest
import structlog

from pool_managerd.clock import SystemClock
from pool_managerd.engines import termination
from pool_managerd.engines.procfs import read_process
from pool_managerd.engines.termination import kill_family
from tests.pool_managerd.engines.programs import (
    IDLE,
    NONCE,
    PARENT,
    Bench,
    children_of_parent,
    exists,
    program,
    until,
    with_bench,
)


def test_without_a_free_file_descriptor_it_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pidfd_open
    refused: list[int] = []

    def refuse_twice(pid: int) -> int:
        if len(refused) < 2:
            refused.append(pid)
            raise OSError(errno.EMFILE, "Too many open files")
        return real(pid)

    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(program(IDLE))
        monkeypatch.setattr(termination, "RETRY_AFTER", 0.001)
        monkeypatch.setattr(os, "pidfd_open", refuse_twice)
        with structlog.testing.capture_logs() as logs:
            await engine.end(30.0)
        assert not exists(engine.pid)
        assert [(entry["event"], entry["cause"]) for entry in logs] == [("engine_end_delayed", "Too many open files")] * 2

    check(tmp_path)


def test_a_process_that_does_not_die_is_reported_and_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(program(IDLE))
        with monkeypatch.context() as patched, structlog.testing.capture_logs() as logs:
            patched.setattr(termination, "SLOW_TO_DIE", 0.0)
            patched.setattr(termination, "_send", lambda *_: None)
            patched.setattr(termination, "_kill_group", lambda *_: None)
            ending = asyncio.create_task(engine.end(0.0))
            await until(lambda: [entry["event"] for entry in logs] == ["engine_does_not_end"], "it is reported")
            assert not ending.done()
            os.kill(engine.pid, signal.SIGKILL)
            await ending

    check(tmp_path)


def test_a_pid_that_another_process_has_now_gets_no_signal(tmp_path: Path) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        other = await it.up(program(IDLE), nonce="b" * 32)
        found = read_process(other.pid)
        assert found is not None
        earlier = found.identity._replace(started=found.identity.started - 1)
        assert await termination.Termination(NONCE, SystemClock(), earlier).run(0.0) == 0
        kill_family(NONCE, earlier)
        assert read_process(other.pid) == found

    check(tmp_path)


def test_without_a_loop_the_family_is_killed_too(tmp_path: Path) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(program(PARENT, "signal.pause()"))
        await it.printed("child up\n", 4)
        found = read_process(engine.pid)
        assert found is not None
        kill_family(NONCE, found.identity)
        assert children_of_parent() == []

    check(tmp_path)
