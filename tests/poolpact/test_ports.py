import socket
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
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setattr(ports, "_given", set())
        monkeypatch.setattr(ports, "_LOWEST", port)
        monkeypatch.setattr(ports, "_HIGHEST", port)
        with pytest.raises(OSError, match="no free port"):
            free_port()


def test_outgoing_connections_do_not_take_these_ports() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert first > ports._HIGHEST


def test_a_port_on_which_somebody_listens_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert is_taken(listener.getsockname()[1])
    assert not is_taken(free_port())
