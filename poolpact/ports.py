"""Free ports for engines and subjects."""

import random
import socket

_LOWEST, _HIGHEST = 20000, 32000
"""Below the range from which the system takes the ports of outgoing connections: a port found here stays free."""

_given: set[int] = set()


def free_port(host: str = "127.0.0.1") -> int:
    """A port of ``host`` on which nothing listens, never the same one twice in this process; raises OSError if there is none."""
    for _ in range(1000):
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - not a secret
        if port not in _given and _is_free(host, port):
            _given.add(port)
            return port
    raise OSError(f"no free port between {_LOWEST} and {_HIGHEST}")


def is_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody listens on ``port`` of ``host``, or something else keeps a listener from it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
