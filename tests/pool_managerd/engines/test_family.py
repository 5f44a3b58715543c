import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pool_managerd.engines.environment import NONCE_VARIABLE
from pool_managerd.engines.family import find_family, kindred
from pool_managerd.engines.procfs import Identity, Process, carries_nonce, read_process, socket_inodes
from tests.pool_managerd.engines.programs import IDLE, NONCE, until


def table(*rows: tuple[int, int, int]) -> dict[int, Process]:
    """Rows of pid, parent, session."""
    return {pid: Process(Identity(pid, 0), parent, session, True) for pid, parent, session in rows}


SHELL, ENGINE, CHILD, GRANDCHILD, AWAY, BESIDE, STRANGER = 10, 20, 21, 22, 30, 31, 40


@pytest.mark.parametrize(
    ("seeds", "kin"),
    [
        ([], set()),
        ([99], set()),
        ([ENGINE], {ENGINE, CHILD, GRANDCHILD, AWAY, BESIDE}),
        ([GRANDCHILD], {GRANDCHILD, AWAY, BESIDE}),
        ([AWAY], {AWAY, BESIDE}),
        ([BESIDE], {BESIDE}),
        ([99, STRANGER], {STRANGER}),
    ],
)
def test_kin_are_descendants_and_those_in_their_sessions(seeds: list[int], kin: set[int]) -> None:
    processes = table(
        (SHELL, 1, SHELL),
        (ENGINE, SHELL, ENGINE),
        (CHILD, ENGINE, ENGINE),
        (GRANDCHILD, CHILD, ENGINE),
        (AWAY, GRANDCHILD, AWAY),
        (BESIDE, 1, AWAY),
        (STRANGER, SHELL, SHELL),
    )
    assert kindred(processes, seeds) == kin


def test_a_process_in_somebody_elses_session_does_not_make_that_session_kin() -> None:
    processes = table((SHELL, 1, SHELL), (STRANGER, SHELL, SHELL), (CHILD, SHELL, SHELL))
    assert kindred(processes, [CHILD]) == {CHILD}


def test_the_nonce_is_a_whole_variable_not_a_piece_of_one() -> None:
    for name, value in ((NONCE_VARIABLE, NONCE[:-1]), (NONCE_VARIABLE, NONCE + "0"), ("X", f"{NONCE_VARIABLE}={NONCE}")):
        with subprocess.Popen([sys.executable, "-S", "-c", IDLE], env={name: value}, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            assert not carries_nonce(process.pid, NONCE)
            assert find_family(NONCE) == []
            process.kill()


def test_a_process_does_not_find_itself() -> None:
    code = (
        "import os; from pool_managerd.engines.family import find_family; from pool_managerd.engines.procfs import read_process; "
        f"print(find_family({NONCE!r}, [read_process(os.getpid()).identity]))"
    )
    environment = {**os.environ, NONCE_VARIABLE: NONCE}
    done = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"[]\n"


def test_a_name_with_parentheses_and_spaces_is_read_over() -> None:
    code = "open('/proc/self/comm', 'w').write(') R 1 (x'); print('up', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = read_process(process.pid)
        assert found is not None
        assert (found.parent, found.session, found.living) == (os.getpid(), process.pid, True)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        zombie = read_process(process.pid)
        assert zombie is not None
        assert not zombie.living
        assert zombie.identity == found.identity


def test_a_process_whose_first_thread_ended_still_lives() -> None:
    code = (
        "import ctypes, threading\n"
        "threading.Thread(target=input).start()\n"
        "print('up', flush=True)\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        status = Path(f"/proc/{process.pid}/status")
        asyncio.run(until(lambda: "zombie" in status.read_text(), "the first thread ended"))
        found = read_process(process.pid)
        assert found is not None
        assert found.living
        process.kill()


def test_a_known_process_is_found_only_as_itself() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", IDLE], stdout=subprocess.PIPE) as process:
        found = read_process(process.pid)
        assert found is not None
        pid, started = found.identity
        assert find_family(NONCE, [found.identity]) == [found.identity]
        assert find_family(NONCE, [Identity(pid, started - 1)]) == []
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert find_family(NONCE, [found.identity]) == []


def test_nothing_is_read_of_a_process_that_is_not_there() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    assert read_process(process.pid) is None
    assert not carries_nonce(process.pid, NONCE)
    assert socket_inodes(process.pid) == set()
