"""The TCP sockets that listen on a port of this network namespace."""

import ipaddress
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from pool_managerd.engines.endpoint import IpAddress, unmapped

_TCP_LISTEN = 10
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_ANSWER_TIMEOUT = 1.0
_HEADER = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence number, port id."""
_QUERY = struct.Struct("=BBBxIH46x")
"""struct inet_diag_req_v2: family, protocol, extensions, a bit for each state, the port as it is on the wire; nothing else."""
_ENTRY = struct.Struct("=4xH2x16s44xI")
"""struct inet_diag_msg: of it the source port and address, as they are on the wire, and the inode."""


@dataclass(frozen=True, slots=True)
class ListeningSocket:
    """One socket. An IPv4 address that is mapped into IPv6 is given as the IPv4 address."""

    address: IpAddress
    port: int
    inode: int


def ask_kernel(port: int) -> list[ListeningSocket]:
    """Through netlink, which passes over all other sockets, in about 0.1 ms: not worth a thread.

    Raises OSError where the kernel has no diagnosis interface.
    """
    return [*_ask_family(socket.AF_INET, port), *_ask_family(socket.AF_INET6, port)]


def _ask_family(family: int, port: int) -> list[ListeningSocket]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(_ANSWER_TIMEOUT)
        query = _QUERY.pack(family, socket.IPPROTO_TCP, 0, 1 << _TCP_LISTEN, socket.htons(port))
        kernel.send(_HEADER.pack(_HEADER.size + len(query), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + query)
        found: list[ListeningSocket] = []
        while True:
            answer = kernel.recv(1 << 16)
            at = 0
            while at < len(answer):
                length, kind, *_ = _HEADER.unpack_from(answer, at)
                if kind == _NLMSG_DONE:
                    return found
                if kind == _NLMSG_ERROR:
                    raise OSError("the kernel does not list its sockets")
                found.append(_entry(family, answer, at + _HEADER.size))
                at += (length + 3) & ~3


def _entry(family: int, answer: bytes, at: int) -> ListeningSocket:
    port, address, inode = _ENTRY.unpack_from(answer, at)
    packed = address[:4] if family == socket.AF_INET else address
    return ListeningSocket(unmapped(ipaddress.ip_address(packed)), socket.ntohs(port), inode)


def read_tables(port: int) -> list[ListeningSocket]:
    """From /proc/net/tcp and tcp6, which hold every socket there is. Raises OSError."""
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    six = Path("/proc/net/tcp6")
    if six.exists():
        rows += six.read_text().splitlines()[1:]
    found = []
    for row in rows:
        columns = row.split()
        if int(columns[3], 16) == _TCP_LISTEN:
            address, number = columns[1].split(":")
            if int(number, 16) == port:
                found.append(ListeningSocket(_printed(address), port, int(columns[9])))
    return found


def _printed(text: str) -> IpAddress:
    """An address as the kernel prints it: 32-bit words in the byte order of the machine."""
    words = (int(text[at : at + 8], 16) for at in range(0, len(text), 8))
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return unmapped(ipaddress.ip_address(packed))
