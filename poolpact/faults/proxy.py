"""A proxy on loopback before a pool manager: it passes requests on, or misbehaves as told, and remembers what it saw."""

from collections.abc import Awaitable, Callable

import h11

from poolpact.account import unrecorded
from poolpact.exchange import ExchangeFailed, over_socket
from poolpact.faults.faults import Fault, Refuse, Reset
from poolpact.faults.journal import Journal
from poolpact.faults.wire import FRAMING, Connection, Listener, Reply, Request

Which = Callable[[Request], bool]
Upstream = Callable[[Request], Awaitable[Reply]]
"""Whoever answers where nothing is wrong; raises ExchangeFailed when no answer comes."""


class FaultProxy:
    """Stands before ``upstream``. With no fault set it is invisible.

    ``requests`` and ``connections`` (the monotonic times at which they were accepted) grow until :meth:`forget`. The ``journal``,
    which others may share, keeps everything.
    """

    def __init__(self, upstream: Upstream, journal: Journal | None = None) -> None:
        self._upstream = upstream
        self.journal = journal or Journal()
        self._listener = Listener(self._serve)
        self._fault: Fault | None = None
        self._which: Which | None = None
        self.requests: list[Request] = []
        self.connections: list[float] = []

    @property
    def url(self) -> str:
        """Where the proxy is reached."""
        return f"http://127.0.0.1:{self._listener.port}"

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Begin to listen; raises OSError when ``port`` is taken or ``host`` is not an address of this machine."""
        await self._listener.start(port, host)

    async def close(self) -> None:
        """End every connection and give the port back."""
        await self._listener.close()

    def forget(self) -> None:
        """Begin a new record."""
        self.requests.clear()
        self.connections.clear()

    async def misbehave(self, fault: Fault, which: Which | None = None) -> None:
        """From now on ``fault`` happens to every request, or to those of which ``which`` is true."""
        self._fault, self._which = fault, which
        if which is None:
            self.journal.begin_outage(self.url, type(fault).__name__)
        else:
            self.journal.end_outage(self.url)
        if isinstance(fault, Refuse):
            self._listener.refuse()
        elif isinstance(fault, Reset):
            self._listener.drop()

    async def behave(self) -> None:
        """From now on every request is passed on; connections that still suffer from a fault are reset."""
        if self._fault is not None:
            self._fault = self._which = None
            self.journal.end_outage(self.url)
            self._listener.drop()
            self._listener.listen()

    async def _serve(self, connection: Connection) -> None:
        self.connections.append(self.journal.arrive(self.url).at)
        if isinstance(self._fault, Reset) and self._which is None:
            connection.reset()
            return
        while (request := await connection.receive()) is not None:
            self.requests.append(request)
            fault = self._fault if self._which is None or self._which(request) else None
            note = self.journal.ask(self.url, request, "" if fault is None else type(fault).__name__)

            async def forward(request: Request = request) -> Reply:
                return await self._upstream(request)

            try:
                if fault is None:
                    await connection.reply(await forward())
                else:
                    await fault.misbehave(request, connection, forward)
            except (h11.ProtocolError, ExchangeFailed):
                connection.reset()
                return
            finally:
                note.end(connection.answered)
            if not connection.keeps_alive:
                return


def over_http(url: str) -> Upstream:
    """The pool manager at the base URL ``url``."""

    async def ask(request: Request) -> Reply:
        headers = {name: value for name, value in request.headers if name not in FRAMING}
        with unrecorded():
            answer = await over_socket(url, request.method, request.target, headers, request.body or None)
        if not answer.status:
            raise ExchangeFailed(f"{url} hung up")
        return Reply(answer.status, answer.headers, answer.body)

    return ask
