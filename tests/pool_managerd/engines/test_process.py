"""How an engine lives and ends."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from pool_managerd.clock import SystemClock
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.engines import output, process
from pool_managerd.engines.process import ProcessSpawner
from tests.pool_managerd.engines.programs import (
    DEAF,
    IDLE,
    LONG,
    NONCE,
    PARENT,
    POLITE,
    Bench,
    children_of_parent,
    exists,
    program,
    until,
    with_bench,
)


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("", 0, "exit code 0"),
        ("raise SystemExit(7)", 7, "exit code 7"),
        ("import os; os._exit(255)", 255, "exit code 255"),
        ("import os; os.kill(os.getpid(), 9)", -9, "signal SIGKILL"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15, "signal SIGTERM"),
        ("import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()", -6, "signal SIGABRT"),
    ],
)
def test_an_exit_is_told_to_everybody_who_waits(tmp_path: Path, code: str, status: int, words: str) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.spawn(program(code))
        impatient = asyncio.create_task(engine.exited())
        await asyncio.wait({impatient}, timeout=0)
        impatient.cancel()
        seen = await asyncio.wait_for(asyncio.gather(*(engine.exited() for _ in range(3))), LONG)
        assert seen == [ExitStatus(status)] * 3
        assert await engine.exited() == ExitStatus(status)
        assert str(seen[0]) == words

    check(tmp_path)


@with_bench
async def test_its_pid_is_held_until_the_end(it: Bench) -> None:
    engine = await it.spawn(program(""))
    await engine.exited()
    assert exists(engine.pid)
    await engine.end(LONG)
    assert not exists(engine.pid)
    assert await engine.exited() == ExitStatus(0)


@with_bench
async def test_an_engine_that_somebody_else_reaped_is_unknown_and_its_children_still_end(it: Bench) -> None:
    engine = await it.up(program(PARENT, "signal.pause()"))
    await it.printed("child up\n", 4)
    os.kill(engine.pid, signal.SIGKILL)
    os.waitpid(engine.pid, 0)  # noqa: ASYNC222 - so that nobody else can be first
    assert await engine.exited() == ExitStatus(None)
    await engine.end(0.0)
    assert it.left() == []
    # The leader's pid may by now mean somebody else, so of its session only those with the nonce were ended.
    lost = children_of_parent()
    for pid in lost:
        os.kill(pid, signal.SIGKILL)
    assert len(lost) == 2


@with_bench
async def test_a_polite_engine_has_time_to_leave(it: Bench) -> None:
    engine = await it.up(program(POLITE))
    await engine.end(LONG)
    assert await engine.exited() == ExitStatus(0)
    assert engine.output_tail() == "up\nleaving"


@with_bench
async def test_an_engine_that_ignores_sigterm_is_killed_after_the_grace(it: Bench) -> None:
    engine = await it.up(program(DEAF))
    await engine.end(0.02)
    assert await engine.exited() == ExitStatus(-9)


@with_bench
async def test_a_stopped_engine_is_killed_too(it: Bench) -> None:
    engine = await it.up(program(IDLE))
    os.kill(engine.pid, signal.SIGSTOP)
    await until(lambda: os.waitid(os.P_PID, engine.pid, os.WSTOPPED | os.WNOWAIT | os.WNOHANG), "it is stopped")
    await engine.end(0.02)
    assert await engine.exited() == ExitStatus(-9)


@with_bench
async def test_without_a_grace_it_is_killed_at_once(it: Bench) -> None:
    engine = await it.up(program(POLITE))
    await engine.end(0.0)
    assert await engine.exited() == ExitStatus(-9)


@pytest.mark.parametrize(("main", "exits"), [("signal.pause()", False), ("os._exit(0)", True)])
def test_its_children_end_wherever_they_went(tmp_path: Path, main: str, exits: bool) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(program(PARENT, main))
        await it.printed("child up\n", 4)
        if exits:
            await engine.exited()
        assert len(children_of_parent()) == 4
        await engine.end(0.02)
        assert it.left() == []
        lost = children_of_parent()
        for pid in lost:
            os.kill(pid, signal.SIGKILL)
        # Without the nonce, a session or a parent to find it by, one is lost when the engine ended unasked.
        assert len(lost) == (1 if exits else 0)

    check(tmp_path)


@with_bench
async def test_a_fork_storm_ends(it: Bench) -> None:
    beat = "os.write(1, b'.')"
    storm = f"import os\nprint('up', flush=True)\nfor _ in range(20000):\n if os.fork(): os._exit(0)\n {beat}\n"
    engine = await it.up(program(storm))
    await engine.end(0.0)
    beats = it.log.stat().st_size
    for _ in range(20):
        assert it.left() == []
    assert it.log.stat().st_size == beats


@with_bench
async def test_the_end_may_be_asked_for_by_several_and_again(it: Bench) -> None:
    engine = await it.up(program(DEAF))
    impatient = asyncio.create_task(engine.end(LONG))
    await asyncio.wait({impatient}, timeout=0.01)
    impatient.cancel()
    await asyncio.gather(engine.end(0.02), engine.end(0.02))
    await engine.end(LONG)
    assert not exists(engine.pid)


@with_bench
async def test_an_engine_of_another_nonce_is_left_alone(it: Bench) -> None:
    other = await it.up(program(IDLE), nonce="b" * 32)
    engine = await it.up(program(IDLE), lines=2)
    await engine.end(0.0)
    assert it.left("b" * 32) == [other.pid]


@with_bench
async def test_the_output_is_quoted_for_this_incarnation(it: Bench) -> None:
    it.log.write_text("of an earlier one\n")
    engine = await it.spawn(program("import sys; print('out', flush=True); print('CUDA error', file=sys.stderr); sys.exit(1)"))
    await engine.exited()
    assert engine.output_tail() == "out\nCUDA error"
    await engine.end(0.0)
    assert engine.output_tail() == "out\nCUDA error"


def test_the_output_is_kept_within_bounds_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_CHECK_INTERVAL", 0.001)
    monkeypatch.setattr(output, "LOG_LIMIT", 256 * 1024)
    talk = """
import signal
signal.signal(signal.SIGUSR1, lambda *_: None)
for i in range(10000): print('x' * 63, flush=True)
print('up', flush=True)
signal.pause()
print('and on', flush=True)
signal.pause()
"""

    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.spawn(program(talk))
        await until(lambda: engine.output_tail().endswith("up"), "all was printed")
        await until(lambda: it.log.stat().st_size <= 256 * 1024, "the log was cut")
        os.kill(engine.pid, signal.SIGUSR1)
        await until(lambda: engine.output_tail().endswith("up\nand on"), "it goes on")
        assert it.log.stat().st_size <= 256 * 1024

    check(tmp_path)


DAEMON = """
import asyncio, os, sys
from pathlib import Path
from pool_managerd.clock import SystemClock
from pool_managerd.engines.process import ProcessSpawner
from tests.pool_managerd.engines.programs import PARENT, program
async def main():
    spawner = ProcessSpawner(os.environ, SystemClock())
    await spawner.spawn(program(PARENT, 'signal.pause()'), nonce=sys.argv[1], log_path=Path(sys.argv[2]))
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("grace", [0.0, 0.02])
def test_what_a_killed_daemon_left_behind_is_ended(tmp_path: Path, grace: float) -> None:
    log = tmp_path / "p.log"

    async def main() -> None:
        daemon = await asyncio.create_subprocess_exec(sys.executable, "-c", DAEMON, NONCE, str(log))
        await until(lambda: log.exists() and log.read_text().count("child up\n") == 4, "the engine and its children are up")
        daemon.kill()
        await daemon.wait()
        spawner = ProcessSpawner({}, SystemClock())
        assert await spawner.reap("b" * 32, grace) == 0
        assert len(children_of_parent()) == 4
        assert await spawner.reap(NONCE, grace) == 5
        assert children_of_parent() == []
        assert await spawner.reap(NONCE, grace) == 0
        await spawner.aclose()

    asyncio.run(main())
