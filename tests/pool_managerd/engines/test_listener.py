import os
import socket
from ipaddress import ip_address

import pytest

from pool_managerd.engines import sockets
from pool_managerd.engines.listener import answering
from pool_managerd.engines.sockets import ListeningSocket, ask_kernel, listening_sockets, read_tables


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
        expected = {
            (ip_address(address), each.getsockname()[1])
            for each, address in ((four, "127.0.0.1"), (every, "0.0.0.0"), (six, "::1"), (mapped, "127.0.0.1"))
        }
        for found in ([*ask_kernel(socket.AF_INET), *ask_kernel(socket.AF_INET6)], read_tables()):
            assert expected <= {(row.address, row.port) for row in found}
            assert silent.getsockname()[1] not in {row.port for row in found}
            # This process holds all four.
            inodes = {row.inode for row in found if (row.address, row.port) in expected}
            assert inodes == {os.fstat(each.fileno()).st_ino for each in (four, every, six, mapped)}


def test_without_the_diagnosis_interface_the_tables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_NETLINK_SOCK_DIAG", 31)
    with listener(socket.AF_INET, "127.0.0.1") as four:
        assert four.getsockname()[1] in {row.port for row in listening_sockets()}


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
