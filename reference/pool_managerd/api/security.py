"""Who may call: the bearer token and the Host header (PM-AUTH-1, PM-AUTH-3, PM-AUTH-4)."""

import hmac
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{0,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Security:
    """``token``: None lets everybody in. ``allowed_hosts``: names or addresses, without port, that a Host header may have besides
    loopback and the address the connection arrived at.
    """

    token: str | None = field(default=None, repr=False)
    allowed_hosts: frozenset[str] = frozenset()

    def authorises(self, authorization: Sequence[bytes]) -> bool:
        """Whether these values of Authorization (there must be one) hold the token; compared in constant time (PM-AUTH-3)."""
        if self.token is None:
            return True
        if len(authorization) != 1:
            return False
        scheme, _, credentials = authorization[0].strip().partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(credentials.strip(), self.token.encode())

    def admits_host(self, host: Sequence[bytes], arrived_at: str | None) -> bool:
        """Whether these values of Host (there must be one) are no sign of DNS rebinding (PM-AUTH-4).

        ``arrived_at`` is the local address of the connection. A rebound request carries the attacker's name, never an address.
        """
        found = _HOST.fullmatch(host[0].decode("latin-1")) if len(host) == 1 else None
        if found is None:
            return False
        name = (found["ipv6"] or found["name"]).lower()
        if name in {allowed.lower() for allowed in self.allowed_hosts}:
            return True
        if name == "localhost":
            return found["name"] is not None
        address = _address(name)
        return address is not None and (address.is_loopback or address == _address(arrived_at or ""))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
