"""Serves an orchestrator until a signal asks it to stop."""

import asyncio
import contextlib
import ipaddress
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn

from orchestratord import __version__
from orchestratord.app import Orchestrator
from orchestratord.errors import InvalidSettings

STREAMS_MAY_TAKE = 5
"""Seconds that running streams have to end by themselves after the first signal."""
LAST_ANSWERS = 5
"""Seconds to end those that were stopped."""

_log = structlog.get_logger("orchestratord")


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises InvalidSettings when the address cannot be had."""
    try:
        is_v6 = ":" in host
        # The protocol is named: without it asyncio leaves TCP_NODELAY off, which costs 40 ms a request.
        sock = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise InvalidSettings(f"ORCHESTRATORD_ADDR {host}:{port} cannot be used: {error.strerror}") from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except (OSError, UnicodeError) as error:
        sock.close()
        cause = error.strerror if isinstance(error, OSError) else "not a host name"
        raise InvalidSettings(f"ORCHESTRATORD_ADDR {host}:{port} cannot be used: {cause}") from None
    return sock


async def serve(orchestrator: Orchestrator, sock: socket.socket, **about: str) -> None:
    """Serve until SIGTERM or SIGINT, then stop in order; a second signal ends running streams at once, but never skips the end.

    ``about`` is logged with the ``listening`` event. Raises StartupRefused.
    """
    config = uvicorn.Config(
        orchestrator.app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=STREAMS_MAY_TAKE + LAST_ANSWERS,
    )
    server = _Server(config, orchestrator)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop, number)
    try:
        await orchestrator.start()
        _log.info("listening", url=_url(sock), version=__version__, **about)
        await server.serve([sock])
    finally:
        sock.close()
        await orchestrator.aclose()
    _log.info("stopped")


class _Server(uvicorn.Server):
    """Leaves the signals to :func:`serve`: uvicorn would end the process with the signal instead of in order."""

    def __init__(self, config: uvicorn.Config, orchestrator: Orchestrator) -> None:
        super().__init__(config)
        self._orchestrator = orchestrator

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self, number: signal.Signals) -> None:
        _log.info("stopping", signal=number.name)
        if self.should_exit:
            self._orchestrator.stop_streams()
        else:
            asyncio.get_running_loop().call_later(STREAMS_MAY_TAKE, self._orchestrator.stop_streams)
        self.should_exit = True


def _url(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ipaddress.ip_address(host).version == 6 else f"http://{host}:{port}"
