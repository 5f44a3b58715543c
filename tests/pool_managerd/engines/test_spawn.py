"""How an engine is started, and how its start fails."""

import asyncio
import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from pool_managerd.clock import SystemClock
from pool_managerd.domain.errors import SpawnFailed
from pool_managerd.engines import process as module
from pool_managerd.engines.environment import NONCE_VARIABLE
from pool_managerd.engines.process import ProcessSpawner
from tests.pool_managerd.engines.programs import IDLE, LONG, NONCE, Bench, descriptors, exists, opened, program, until, with_bench

TELL = """
import json, os, sys
print(json.dumps({
    'argv': sys.argv[1:], 'sid': os.getsid(0), 'pgid': os.getpgid(0), 'pid': os.getpid(), 'environment': dict(os.environ),
    'files': {name: os.readlink(f'/proc/self/fd/{name}') for name in '012'},
    'others': [os.readlink(f'/proc/self/fd/{name}') for name in os.listdir('/proc/self/fd') if int(name) > 2 and
               os.path.exists(f'/proc/self/fd/{name}') and not os.readlink(f'/proc/self/fd/{name}').startswith('/proc')],
}))
"""


async def told(it: Bench, *arguments: str, **changes: Any) -> dict[str, Any]:
    engine = await it.spawn(program(TELL, *arguments, **changes))
    assert (await engine.exited()).ok
    answer: dict[str, Any] = json.loads(it.log.read_text())
    assert answer["pid"] == engine.pid
    return answer


@with_bench
async def test_flags_arrive_as_they_are_without_a_shell(it: Bench) -> None:
    flags = ["a b", "$HOME", "`id`", "*", "", "; exit 3", "-x", "ünïcode", "line\nbreak"]
    assert (await told(it, *flags))["argv"] == flags


@with_bench
async def test_it_has_a_session_and_a_group_of_its_own(it: Bench) -> None:
    answer = await told(it)
    assert answer["sid"] == answer["pgid"] == answer["pid"]


@with_bench
async def test_it_inherits_nothing_but_its_log(it: Bench) -> None:
    mine = os.open(it.log.parent, os.O_RDONLY)
    os.set_inheritable(mine, True)
    try:
        answer = await told(it)
    finally:
        os.close(mine)
    assert answer["files"] == {"0": "/dev/null", "1": str(it.log), "2": str(it.log)}
    assert answer["others"] == []


@pytest.mark.requirement("PM-AUTH-5")
def test_its_environment_is_the_allowlist(tmp_path: Path) -> None:
    async def main() -> dict[str, Any]:
        secret = {"POOL_MANAGERD_TOKEN": "s3cret", "HF_TOKEN": "s3cret", "OTHER": "x", "PATH": "/bin", "LC_ALL": "C.UTF-8"}
        async with opened(tmp_path, secret) as it:
            answer = await told(it, device_mask="GPU1")
            return dict(answer["environment"])

    assert asyncio.run(main()) == {
        "PATH": "/bin",
        "LC_ALL": "C.UTF-8",
        "SPT_NOENV": "1",
        NONCE_VARIABLE: NONCE,
        "CUDA_VISIBLE_DEVICES": "1",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    }


@with_bench
async def test_a_long_start_does_not_stop_the_loop(it: Bench) -> None:
    os.mkfifo(it.log)
    starting = asyncio.create_task(it.spawn(program(IDLE)))
    await until(lambda: in_thread(it), "the start hangs in a thread")
    assert not starting.done()
    with open_fifo(it.log):
        assert exists((await starting).pid)


def open_fifo(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def in_thread(it: Bench) -> bool:
    return any(thread.name.startswith("spawn") for thread in threading.enumerate())


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pids of the processes that were started, also of those that nobody was told of."""
    pids: list[int] = []

    class Recorded(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            pids.append(self.pid)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return pids


def _spawns(threads: set[threading.Thread]) -> bool:
    return any(thread.name.startswith("spawn") for thread in threads)


@pytest.mark.parametrize("cancels", [1, 3])
def test_a_cancelled_start_leaves_nothing(tmp_path: Path, started: list[int], cancels: int) -> None:
    log = tmp_path / "p.log"

    async def main() -> None:
        before, others = descriptors(), set(threading.enumerate())
        os.mkfifo(log)
        spawner = ProcessSpawner({}, SystemClock())
        spawning = asyncio.create_task(spawner.spawn(program(IDLE), nonce=NONCE, log_path=log))
        await until(lambda: _spawns(set(threading.enumerate()) - others), "it hangs")
        for _ in range(cancels):
            spawning.cancel()
            await asyncio.wait({spawning}, timeout=0)
        with open_fifo(log):
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(spawning, LONG)
            await until(lambda: started and not exists(started[0]), "the process was started and is gone")
        await until(lambda: descriptors() == before, "no descriptor is left")
        await spawner.aclose()

    asyncio.run(main())
    assert len(started) == 1


def test_a_start_that_outlives_its_loop_leaves_nothing(tmp_path: Path, started: list[int]) -> None:
    log = tmp_path / "p.log"
    os.mkfifo(log)
    spawner, others = ProcessSpawner({}, SystemClock()), set(threading.enumerate())

    async def main() -> None:
        leftover.append(asyncio.create_task(spawner.spawn(program(IDLE), nonce=NONCE, log_path=log)))
        await until(lambda: _spawns(set(threading.enumerate()) - others), "it hangs")
        reader.append(os.open(log, os.O_RDONLY | os.O_NONBLOCK))

    leftover: list[asyncio.Task[Any]] = []
    reader: list[int] = []
    asyncio.run(main())
    assert leftover[0].cancelled()
    asyncio.run(until(lambda: started and not exists(started[0]), "the process was started and is gone"))
    os.close(reader[0])
    asyncio.run(spawner.aclose())


def test_a_start_that_is_cancelled_while_it_waits_for_a_thread_never_happens(
    tmp_path: Path, started: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SPAWNS_AT_ONCE", 1)
    first, second = tmp_path / "1.log", tmp_path / "2.log"
    os.mkfifo(first)

    async def main() -> None:
        spawner = ProcessSpawner({}, SystemClock())
        hanging = asyncio.create_task(spawner.spawn(program(IDLE), nonce=NONCE, log_path=first))
        await until(lambda: any(thread.name.startswith("spawn") for thread in threading.enumerate()), "it hangs")
        waiting = asyncio.create_task(spawner.spawn(program(IDLE), nonce="b" * 32, log_path=second))
        await asyncio.wait({waiting}, timeout=0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with open_fifo(first):
            engine = await hanging
            await engine.end(0.0)
        await spawner.aclose()

    asyncio.run(main())
    assert len(started) == 1
    assert not second.exists()


def text_file(folder: Path) -> str:
    path = folder / "notes.txt"
    path.write_text("hello\n")
    path.chmod(0o755)
    return str(path)


def lost_interpreter(folder: Path) -> str:
    path = folder / "script"
    path.write_text("#!/nonexistent/interpreter\n")
    path.chmod(0o755)
    return str(path)


def not_executable(folder: Path) -> str:
    path = folder / "plain"
    path.write_text("#!/bin/sh\n")
    return str(path)


@pytest.mark.parametrize(
    ("binary", "reason"),
    [
        (text_file, "Exec format error"),
        (not_executable, "Permission denied"),
        (lost_interpreter, "No such file"),
        (lambda folder: str(folder), "Permission denied"),
        (lambda folder: str(folder / "missing"), "No such file"),
        (lambda folder: str(folder / ("x" * 300)), "File name too long"),
    ],
)
def test_what_cannot_be_started_says_why(tmp_path: Path, binary: Any, reason: str) -> None:
    path = binary(tmp_path)
    assert reason in refusal(tmp_path, binary_path=path)
    assert path in refusal(tmp_path, binary_path=path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"device_mask": "0\0"}, "null byte"),
        ({"flags": ["x" * 60000] * 200}, "Argument list too long"),
    ],
)
def test_what_the_system_does_not_take_says_why(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    assert reason in refusal(tmp_path, **changes)


def test_a_log_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "p.log").mkdir()
    assert "Is a directory" in refusal(tmp_path)


def test_a_process_that_cannot_be_watched_is_not_kept(
    tmp_path: Path, started: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int) -> int:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    assert "Operation not permitted" in refusal(tmp_path)
    assert len(started) == 1
    assert not exists(started[0])


def test_a_spawner_that_was_closed_starts_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        spawner = ProcessSpawner({}, SystemClock())
        await spawner.aclose()
        with pytest.raises(SpawnFailed, match="shutdown"):
            await spawner.spawn(program(IDLE), nonce=NONCE, log_path=tmp_path / "p.log")

    asyncio.run(main())


def refusal(folder: Path, **changes: Any) -> str:
    async def main() -> str:
        async with opened(folder, {}) as it:
            with pytest.raises(SpawnFailed) as caught:
                await it.spawn(program(IDLE, **changes))
            assert it.left() == []
            return str(caught.value)

    before = descriptors()
    said = asyncio.run(main())
    assert descriptors() == before
    assert "\n" not in said
    return said
