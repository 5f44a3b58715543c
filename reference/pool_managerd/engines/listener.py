"""Who listens where an engine should (PM-READY-5)."""

import ipaddress
import socket
from enum import Enum, auto

from pool_managerd.engines.family import find_family
from pool_managerd.engines.procfs import Identity, socket_inodes
from pool_managerd.engines.sockets import IpAddress, ListeningSocket, listening_sockets, unmapped


class Listener(Enum):
    """Who holds the sockets that answer at an address."""

    ENGINE = auto()
    FOREIGN = auto()
    NOBODY = auto()


def who_listens(host: str, port: int, *, leader: Identity, nonce: str) -> Listener:
    """Who answers at ``host:port``: ENGINE only when each socket that may is held by the engine or its family.

    ``leader`` is the process that was spawned, not reaped yet. Blocks; raises OSError where ``host`` does not resolve.
    """
    rows = [row for row in listening_sockets() if row.port == port]
    inodes = {row.inode for address in _resolve(host) for row in answering(rows, address)}
    if not inodes:
        return Listener.NOBODY
    inodes -= socket_inodes(leader.pid)
    if inodes:
        for process in find_family(nonce, [leader]):
            inodes -= socket_inodes(process.pid)
    return Listener.FOREIGN if inodes else Listener.ENGINE


def answering(rows: list[ListeningSocket], address: IpAddress) -> list[ListeningSocket]:
    """Of sockets on one port, those that a connection to ``address`` may reach: all on every address, else the most specific."""
    if address.is_unspecified:
        return rows
    if isinstance(address, ipaddress.IPv4Address):
        choices: tuple[IpAddress, ...] = (address, ipaddress.IPv4Address(0), ipaddress.IPv6Address(0))
    else:
        choices = (address, ipaddress.IPv6Address(0))
    for choice in choices:
        found = [row for row in rows if row.address == choice]
        if found:
            return found
    return []


def _resolve(host: str) -> set[IpAddress]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return {unmapped(ipaddress.ip_address(str(entry[4][0]).partition("%")[0])) for entry in found}
