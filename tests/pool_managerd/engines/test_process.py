"""How an engine lives and ends."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from pool_managerd.clock import SystemClock
from pool_managerd.engines import output, process
from pool_managerd.engines.ports import ExitStatus
from pool_managerd.engines.process import ProcessSpawner
from tests.pool_managerd.engines.programs import (
    DEAF,
    IDLE,
    LONG,
    NONCE,
    PARENT,
    POLITE,
    Bench,
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
    engine = await it.up(program(PARENT, "os._exit(3)"))
    await until(lambda: os.waitpid(engine.pid, os.WNOHANG) != (0, 0), "reaped by somebody else")
    status = await engine.exited()
    assert status.returncode in (None, 3)
    await engine.end(0.0)
    # The two that have the nonce; the parent's pid may by now be anybody's, so its session is not touched.
    assert it.left() == []
    for pid in clean_children(engine.pid):
        os.kill(pid, signal.SIGKILL)


def clean_children(session: int) -> list[int]:
    """The processes of PARENT that have no nonce and no parent."""
    found = []
    for name in os.listdir("/proc"):
        try:
            arguments = Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0") if name.isdecimal() else []
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b'import signal; print("child up", flush=True); signal.pause()' in arguments:
            found.append(int(name))
    return found


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
    await engine.end(0.02)
    assert await engine.exited() == ExitStatus(-9)


@with_bench
async def test_without_a_grace_it_is_killed_at_once(it: Bench) -> None:
    engine = await it.up(program(POLITE))
    await engine.end(0.0)
    assert await engine.exited() == ExitStatus(-9)


@pytest.mark.parametrize("main", ["signal.pause()", "os._exit(0)"])
def test_its_children_end_wherever_they_went(tmp_path: Path, main: str) -> None:
    @with_bench
    async def check(it: Bench) -> None:
        engine = await it.up(program(PARENT, main))
        await it.printed("child up\n", 4)
        if main != "signal.pause()":
            await engine.exited()
        assert len(it.left()) >= 3
        ends = len(clean_children(engine.pid))
        await engine.end(0.02)
        assert it.left() == []
        # A child that emptied its environment, left the session and lost its parent cannot be found.
        lost = clean_children(engine.pid)
        for pid in lost:
            os.kill(pid, signal.SIGKILL)
        assert (ends, len(lost)) == ((4, 0) if main == "signal.pause()" else (4, 1))

    check(tmp_path)


@with_bench
async def test_each_process_is_asked_once(it: Bench) -> None:
    counting = """
import os, signal
seen = 0
def count(*_):
    global seen
    seen += 1
    print('asked', seen, flush=True)
signal.signal(signal.SIGTERM, count)
child = os.fork()
print('up', flush=True)
while not (seen and child == 0): signal.pause()
"""
    engine = await it.up(program(counting), lines=2)
    ending = asyncio.create_task(engine.end(LONG))
    await it.printed("asked 1\n", 2)
    # Its child is a zombie by now, and a new look at the family finds the parent again.
    await engine_asked_again_or_not(it)
    os.kill(engine.pid, signal.SIGKILL)
    await ending
    assert "asked 2" not in it.log.read_text()


async def engine_asked_again_or_not(it: Bench) -> None:
    for _ in range(20):
        await asyncio.to_thread(it.left)


@with_bench
async def test_a_fork_storm_ends(it: Bench) -> None:
    storm = "import os\nprint('up', flush=True)\nwhile True:\n if os.fork(): os._exit(0)\n"
    engine = await it.up(program(storm))
    await engine.end(0.0)
    assert it.left() == []


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
        assert len(clean_children(0)) == 4
        assert await spawner.reap(NONCE, grace) == 5
        assert clean_children(0) == []
        assert await spawner.reap(NONCE, grace) == 0
        await spawner.aclose()

    asyncio.run(main())
