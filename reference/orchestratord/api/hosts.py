"""Which ``Host`` headers are meant for this server (DNS rebinding)."""

import ipaddress
from collections.abc import Collection


class HostRule:
    """Loopback names, the bound address and the operator's own names are allowed.

    A server that listens on every address is also addressed by any literal address: only names can be rebound.
    """

    def __init__(self, bound_host: str, allowed: Collection[str] = ()) -> None:
        self._names = {"localhost", bound_host.lower(), *(name.lower() for name in allowed)}
        self._listens_everywhere = _is_address(bound_host) and ipaddress.ip_address(bound_host).is_unspecified

    def allows(self, header: str | None) -> bool:
        """Whether a request with this Host header is answered."""
        host = _host_of(header or "")
        if not host:
            return False
        if host in self._names:
            return True
        return _is_address(host) and (self._listens_everywhere or ipaddress.ip_address(host).is_loopback)


def _host_of(header: str) -> str:
    """The host of ``host[:port]``, lower case and without brackets; empty for what is neither."""
    host, colon, port = header.lower().rpartition(":") if not header.endswith("]") else (header.lower(), "", "")
    if not colon and not host:
        host = port
    elif colon and not port.isdecimal():
        return ""
    if host.startswith("[") and host.endswith("]"):
        return host[1:-1]
    return "" if ":" in host else host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
