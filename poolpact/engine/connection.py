"""One client of the simulated engine."""

import contextlib
import socket

from poolpact.engine.completion import Completion

RESET_ON_CLOSE = b"\x01\x00\x00\x00\x00\x00\x00\x00"
"""struct linger {on, 0 s}: closing sends a reset."""


class Connection:
    """What a client sent, what it still has to get, and the completion it waits for."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.inbox = bytearray()
        self.outbox = bytearray()
        self.completion: Completion | None = None
        self.ends_after_outbox = False

    def send_outbox(self) -> None:
        """Send as much of ``outbox`` as the client takes now; OSError when it is gone."""
        with contextlib.suppress(BlockingIOError):
            while self.outbox:
                del self.outbox[: self.sock.send(self.outbox)]

    def reset_on_close(self) -> None:
        """Let closing break the connection instead of ending it."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
