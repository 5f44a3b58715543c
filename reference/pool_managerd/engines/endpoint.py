"""Where a host and a port are, as the system connects to them."""

import asyncio
import ipaddress
import socket
from typing import Any, NamedTuple

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Endpoint(NamedTuple):
    """One of the places; ``sockaddr`` is in the form of its family."""

    family: socket.AddressFamily
    sockaddr: tuple[Any, ...]

    @property
    def ip(self) -> IpAddress:
        """The address alone, without a zone."""
        return unmapped(ipaddress.ip_address(self.sockaddr[0].partition("%")[0]))


async def resolve(host: str, port: int) -> list[Endpoint]:
    """All places, the preferred one first. Raises OSError or ValueError where there is none; a name is looked up in a thread."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Endpoint(family, sockaddr) for family, _, _, _, sockaddr in found]


def unmapped(address: IpAddress) -> IpAddress:
    """The IPv4 address inside an IPv4-mapped one; any other as it is."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
