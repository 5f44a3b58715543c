import socket
import subprocess
import sys
from pathlib import Path

import pytest

from poolpact import ports
from poolpact.ports import free_port, is_taken


def test_a_port_is_given_once() -> None:
    assert len({free_port() for _ in range(50)}) == 50


def test_a_port_can_be_listened_on() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        listener.listen()


def test_a_port_on_which_somebody_listens_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = free_port()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", usual))
        listener.listen()
        monkeypatch.setattr(ports, "_left", [usual])
        assert free_port() != usual


def test_nothing_is_given_when_all_blocks_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", free_port()))
        monkeypatch.setattr(ports, "_LOWEST", somebody.getsockname()[1])
        monkeypatch.setattr(ports, "_HIGHEST", ports._LOWEST + ports._BLOCK - 1)
        monkeypatch.setattr(ports, "_left", [])
        with pytest.raises(OSError, match="no free port"):
            free_port()


def test_processes_are_given_different_ports() -> None:
    program = "from poolpact.ports import free_port; print(*(free_port() for _ in range(500))); input()"
    command = [sys.executable, "-c", program]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        given = [int(port) for process in processes for port in process.stdout.readline().split()]  # type: ignore[union-attr]
    finally:
        for process in processes:
            process.communicate("\n")
    assert len(given) == 4 * 500
    assert len(set(given)) == len(given)


def test_a_fork_is_given_others() -> None:
    program = (
        "import os; from poolpact.ports import free_port; free_port(); os.fork(); os.write(1, b'%d ' % (free_port() // 100))"
    )
    ran = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    blocks = ran.stdout.split()
    assert len(blocks) == 2
    assert len(set(blocks)) == 2


def test_outgoing_connections_do_not_take_these_ports() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert first > ports._HIGHEST


def test_a_port_on_which_somebody_listens_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert is_taken(listener.getsockname()[1])
    assert not is_taken(free_port())
