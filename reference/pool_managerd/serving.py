"""The listening socket and the HTTP server on it."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterator

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from pool_managerd.api.problems import MalformedHttp, problem_response
from pool_managerd.domain.errors import InvalidSettings
from pool_managerd.settings import Address, variable

BACKLOG = 2048
KEEP_ALIVE = 75
"""Seconds. Longer than clients keep idle connections, so that none is closed under a request."""


def listen(address: Address) -> socket.socket:
    """A listening socket; raises InvalidSettings when the address cannot be had."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        # Without the protocol asyncio would leave TCP_NODELAY off, which costs 40 ms a request.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address.host, address.port))
            sock.listen(BACKLOG)
        except OSError:
            sock.close()
            raise
    except OSError as error:
        raise InvalidSettings(f"{variable('addr')} {address} cannot be used: {error.strerror or error}") from None
    return sock


def url_of(sock: socket.socket) -> str:
    """Where the socket is reached from this machine."""
    host, port = sock.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://{Address(host, port)}"


class Server(uvicorn.Server):
    """Serves until ``should_exit`` is set; then stops accepting and gives running requests ``patience`` seconds to end.

    Leaves signals to the caller: uvicorn would end the process by the signal instead of in order.
    """

    def __init__(self, app: ASGIApp, *, patience: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=patience,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _Protocol(H11Protocol):
    """Answers with a problem where a request is not HTTP, such as bytes in a path that no URL can have."""

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = problem_response(MalformedHttp(msg), "")
            headers = [*answer.raw_headers, (b"connection", b"close")]
            for event in (
                h11.Response(status_code=answer.status_code, headers=headers, reason=b"Bad Request"),
                h11.Data(data=bytes(answer.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
