"""Free ports for engines and subjects."""

import os
import random
import socket

_LOWEST, _HIGHEST = 20000, 31999
"""Below the range from which the system takes the ports of outgoing connections: a port found here stays free."""
_BLOCK = 100
"""Ports are taken in blocks. Who keeps the first port of one bound has the others, whatever else runs on this machine."""

_claims: list[int] = []
"""File descriptors of the sockets that keep blocks, until this process ends."""
_left: list[int] = []


def free_port(host: str = "127.0.0.1") -> int:
    """A port of ``host`` on which nothing listens.

    Never the same one twice in this process, nor in another one while this one lives; raises OSError if there is none.
    """
    while True:
        if not _left:
            _left.extend(_claim_block())
        port = _left.pop()
        if _is_free(host, port):
            return port


def _claim_block() -> list[int]:
    """The ports of a block that nobody else has, in no order; raises OSError if there is none."""
    for first in random.sample(range(_LOWEST, _HIGHEST + 1, _BLOCK), (_HIGHEST + 1 - _LOWEST) // _BLOCK):
        claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            claim.bind(("127.0.0.1", first))
        except OSError:
            claim.close()
        else:
            _claims.append(claim.detach())
            return random.sample(range(first + 1, first + _BLOCK), _BLOCK - 1)
    raise OSError(f"no free port between {_LOWEST} and {_HIGHEST}")


def _leave_them_to_the_parent() -> None:
    for claim in _claims:
        os.close(claim)
    _claims.clear()
    _left.clear()


os.register_at_fork(after_in_child=_leave_them_to_the_parent)


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
