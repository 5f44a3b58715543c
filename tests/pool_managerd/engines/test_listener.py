import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from ipaddress import ip_address

import pytest

from pool_managerd.engines import listener as module
from pool_managerd.engines import sockets
from pool_managerd.engines.listener import Listener, ListenerWatch, answering
from pool_managerd.engines.procfs import Identity
from pool_managerd.engines.sockets import ListeningSocket, ask_kernel, read_tables


def listener(family: socket.AddressFamily, host: str) -> socket.socket:
    return socket.create_server((host, 0), family=family)


def test_kernel_and_tables_tell_of_the_same_sockets() -> None:
    with (
        listener(socket.AF_INET, "127.0.0.1") as four,
        listener(socket.AF_INET, "0.0.0.0") as every,
        listener(socket.AF_INET6, "::1") as six,
        socket.socket(socket.AF_INET6) as mapped,
        socket.create_connection(four.getsockname()),
        socket.socket() as silent,
    ):
        mapped.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        mapped.bind(("::ffff:127.0.0.1", 0))
        mapped.listen()
        silent.bind(("127.0.0.1", 0))
        for tell in (ask_kernel, read_tables):
            for each, address in ((four, "127.0.0.1"), (every, "0.0.0.0"), (six, "::1"), (mapped, "127.0.0.1")):
                port = each.getsockname()[1]
                expected = ListeningSocket(ip_address(address), port, os.fstat(each.fileno()).st_ino)
                # Another address of this port may be somebody else's.
                assert expected in tell(port)
                assert {row.port for row in tell(port)} == {port}
            assert silent.getsockname()[1] not in {row.port for row in tell(silent.getsockname()[1])}


MYSELF = Identity(os.getpid(), 0)
"""What these tests take for the engine. It did not start at 0, so that its children are none of the engine's family."""
STRANGER = Identity(os.getppid(), 0)


def watch(host: str, port: int, leader: Identity = MYSELF) -> ListenerWatch:
    return ListenerWatch(host, port, leader=leader, nonce="c" * 32)


def looks(*watches: ListenerWatch) -> list[Listener]:
    async def main() -> list[Listener]:
        return [await each.look() for each in watches]

    return asyncio.run(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_listener_is_the_engine_nobody_or_foreign(host: str) -> None:
    with listener(socket.AF_INET, "127.0.0.1") as four:
        port = four.getsockname()[1]
        assert looks(watch(host, port), watch(host, port, STRANGER)) == [Listener.ENGINE, Listener.FOREIGN]
    assert looks(watch(host, port)) == [Listener.NOBODY]


def test_without_the_diagnosis_interface_the_tables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_NETLINK_SOCK_DIAG", 31)
    with listener(socket.AF_INET, "127.0.0.1") as four:
        port = four.getsockname()[1]
        with pytest.raises(OSError):
            ask_kernel(port)
        assert looks(watch("127.0.0.1", port), watch("127.0.0.1", port, STRANGER)) == [Listener.ENGINE, Listener.FOREIGN]


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".invalid"])
def test_a_host_that_does_not_resolve_cannot_be_looked_at(host: str) -> None:
    with pytest.raises((OSError, ValueError)):
        looks(watch(host, 9))


def test_a_socket_that_was_the_engines_is_not_searched_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[str] = []

    def find(nonce: str, known: Iterable[Identity]) -> list[Identity]:
        searches.append(nonce)
        return [MYSELF]

    monkeypatch.setattr(module, "find_family", find)
    with listener(socket.AF_INET, "127.0.0.1") as four:
        port = four.getsockname()[1]
        # Not the leader's, but that of another process of the family.
        it = watch("127.0.0.1", port, STRANGER)
        assert looks(it, it, it) == [Listener.ENGINE] * 3
    assert searches == ["c" * 32]
    # Another socket in the same place is another matter.
    with socket.create_server(("127.0.0.1", port)):
        assert looks(it, it) == [Listener.ENGINE] * 2
        assert len(searches) == 2
        monkeypatch.setattr(module, "find_family", lambda nonce, known: [])
        assert looks(it) == [Listener.ENGINE]
    with socket.create_server(("127.0.0.1", port)):
        assert looks(it) == [Listener.FOREIGN]


def test_a_strange_socket_beside_the_engines_is_foreign() -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as own:
        port = own.getsockname()[1]
        it = watch("127.0.0.1", port)
        assert looks(it) == [Listener.ENGINE]
        code = "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1])), reuse_port=True); print(); input()"
        with subprocess.Popen(
            [sys.executable, "-c", code, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        ) as other:
            assert other.stdout is not None
            other.stdout.readline()
            assert looks(it) == [Listener.FOREIGN]
            other.communicate(b"\n")
        assert looks(it) == [Listener.ENGINE]


def rows(*addresses: str) -> list[ListeningSocket]:
    return [ListeningSocket(ip_address(address), 80, inode) for inode, address in enumerate(addresses)]


@pytest.mark.parametrize(
    ("listening", "address", "reached"),
    [
        ([], "127.0.0.1", []),
        (["127.0.0.2"], "127.0.0.1", []),
        (["127.0.0.2", "0.0.0.0", "127.0.0.1"], "127.0.0.1", ["127.0.0.1"]),
        (["127.0.0.1", "127.0.0.1"], "127.0.0.1", ["127.0.0.1", "127.0.0.1"]),
        (["::", "0.0.0.0"], "127.0.0.1", ["0.0.0.0"]),
        (["::"], "127.0.0.1", ["::"]),
        (["::1"], "127.0.0.1", []),
        (["::", "::1", "0.0.0.0"], "::1", ["::1"]),
        (["::", "0.0.0.0"], "::1", ["::"]),
        (["0.0.0.0"], "::1", []),
        (["127.0.0.1", "10.0.0.1"], "0.0.0.0", ["127.0.0.1", "10.0.0.1"]),
    ],
)
def test_a_connection_reaches_the_most_specific_socket(listening: list[str], address: str, reached: list[str]) -> None:
    assert [str(row.address) for row in answering(rows(*listening), ip_address(address))] == reached
