"""Who listens where an engine should (PM-READY-5)."""

import asyncio
import ipaddress
from enum import Enum, auto

from pool_managerd.engines.endpoint import IpAddress, resolve
from pool_managerd.engines.family import find_family
from pool_managerd.engines.procfs import Identity, socket_inodes
from pool_managerd.engines.sockets import ListeningSocket, ask_kernel, read_tables


class Listener(Enum):
    """Who holds the sockets that answer at an address."""

    ENGINE = auto()
    FOREIGN = auto()
    NOBODY = auto()


class ListenerWatch:
    """Looks again and again at who answers at ``host:port``.

    ``leader`` is the process that was spawned, not reaped yet. A look costs a tenth of a millisecond once the listening sockets
    were found to be the engine's: an inode means the same socket for as long as anybody holds it, and nobody but its holder can
    give it away. Until then, where it is not the leader itself that holds them, it is a search through all processes.
    """

    def __init__(self, host: str, port: int, *, leader: Identity, nonce: str) -> None:
        self._host = host
        self._port = port
        self._leader = leader
        self._nonce = nonce
        self._addresses: frozenset[IpAddress] = frozenset()
        self._own: set[int] = set()

    async def look(self) -> Listener:
        """ENGINE only when each socket that may answer is held by the engine or its family.

        Raises OSError or ValueError where the host does not resolve.
        """
        if not self._addresses:
            self._addresses = frozenset(endpoint.ip for endpoint in await resolve(self._host, self._port))
        rows = await self._rows()
        inodes = {row.inode for address in self._addresses for row in answering(rows, address)}
        if not inodes:
            return Listener.NOBODY
        strange = inodes - self._own
        if strange:
            strange -= socket_inodes(self._leader.pid)
        if strange:
            strange -= await asyncio.to_thread(self._of_family)
        if strange:
            return Listener.FOREIGN
        self._own = inodes
        return Listener.ENGINE

    async def _rows(self) -> list[ListeningSocket]:
        try:
            return ask_kernel(self._port)
        except OSError:
            return await asyncio.to_thread(read_tables, self._port)

    def _of_family(self) -> set[int]:
        family = find_family(self._nonce, [self._leader])
        return {inode for process in family for inode in socket_inodes(process.pid)}


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
