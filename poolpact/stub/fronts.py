"""What listens: the reference's own server where nothing goes wrong, else a listener that can misuse its sockets."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Protocol

import h11
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pool_managerd.serving import Server, listen, url_of
from pool_managerd.settings import Address
from poolpact.exchange import in_process
from poolpact.faults import Reply, Request
from poolpact.faults.wire import FRAMING, Connection, Listener
from poolpact.stub.exchanges import Exchange, Observer
from poolpact.stub.operations import Operations
from poolpact.stub.strictness import Strictness
from poolpact.stub.told_faults import Chances

LAST_ANSWERS = 5
"""Seconds that running requests have to end when the stub ends."""


class Front(Protocol):
    """Hands requests to the application."""

    url: str

    async def open(self, address: Address) -> None:
        """Take the address, so that nobody else can; raises InvalidSettings or OSError when it cannot be had."""
        ...

    def begin(self, app: ASGIApp) -> None:
        """Answer from now on, the requests that came in before included."""
        ...

    def stop(self) -> None:
        """Take no more requests."""
        ...

    async def aclose(self) -> None:
        """Return when nothing listens and no request is left."""
        ...


class PlainFront:
    """The server of the reference's daemon."""

    url = ""

    def __init__(self, observer: Observer, strictness: Strictness | None) -> None:
        self._observer = observer
        self._strictness = strictness

    async def open(self, address: Address) -> None:
        """See :class:`Front`."""
        self._sock = listen(address)
        self.url = url_of(self._sock)
        self._server: Server | None = None

    def begin(self, app: ASGIApp) -> None:
        """See :class:`Front`."""
        self._server = Server(_Observed(app, self._observer, self._strictness), patience=LAST_ANSWERS)
        self._serving = asyncio.create_task(self._server.serve([self._sock]), name=f"serve {self.url}")

    def stop(self) -> None:
        """See :class:`Front`."""
        if self._server is not None:
            self._server.should_exit = True

    async def aclose(self) -> None:
        """See :class:`Front`."""
        self.stop()
        if self._server is not None:
            await self._serving
        self._sock.close()


class _Observed:
    """ASGI middleware that tells of every request."""

    def __init__(self, app: ASGIApp, observer: Observer, strictness: Strictness | None) -> None:
        self._app = app
        self._observer = observer
        self._strictness = strictness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        status: int | None = None
        target = _target_of(scope)
        wrong: str | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.monotonic()
        try:
            if self._strictness is not None:
                body, receive = await _read_whole(receive)
                wrong = self._strictness.judge(scope["method"], target, _joined(Headers(scope=scope).items()), body)
            await self._app(scope, receive, noting)
        finally:
            took = (time.monotonic() - began) * 1000
            self._observer(Exchange(scope["method"], target, status, took, wrong=wrong))


def _target_of(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return str(scope["raw_path"].decode("latin-1")) + (f"?{query}" if query else "")


async def _read_whole(receive: Receive) -> tuple[bytes, Receive]:
    """The body, and what gives it to the application once more."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return body, again


class FaultyFront:
    """A listener before the application that lets the told faults happen; everything else is the application's answer."""

    url = ""

    def __init__(self, chances: Chances, operations: Operations, observer: Observer, strictness: Strictness | None) -> None:
        self._chances = chances
        self._operations = operations
        self._observer = observer
        self._strictness = strictness
        self._listener = Listener(self._serve)
        self._app: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()

    async def open(self, address: Address) -> None:
        """See :class:`Front`."""
        await self._listener.start(address.port, address.host)
        if self._listener.sock is not None:
            self.url = url_of(self._listener.sock)

    def begin(self, app: ASGIApp) -> None:
        """See :class:`Front`."""
        self._app.set_result(app)

    def stop(self) -> None:
        """See :class:`Front`."""
        self._listener.refuse()

    async def aclose(self) -> None:
        """See :class:`Front`."""
        await self._listener.close()

    async def _serve(self, connection: Connection) -> None:
        app = await asyncio.shield(self._app)
        while (request := await connection.receive()) is not None:
            try:
                await self._exchange(request, connection, app)
            except h11.ProtocolError:
                connection.reset()
                return
            if not connection.keeps_alive:
                return

    async def _exchange(self, request: Request, connection: Connection, app: ASGIApp) -> None:
        operation = self._operations.of(request.method, request.target)
        told = self._chances.next(operation)
        headers = _joined(request.headers)
        strictness = self._strictness
        wrong = None if strictness is None else strictness.judge(request.method, request.target, headers, request.body)
        right: int | None = None

        async def forward() -> Reply:
            nonlocal right
            answer = await in_process(
                app, request.method, request.target, headers, request.body or None, arrived_at=connection.arrived_at
            )
            right = answer.status
            return Reply(answer.status, answer.headers, answer.body)

        began = time.monotonic()
        try:
            if told is None or operation is None:
                await connection.reply(await forward())
            else:
                await told.fault(operation, self._operations).misbehave(request, connection, forward)
        finally:
            status = right if told is None else told.status_seen(right)
            took = (time.monotonic() - began) * 1000
            fault = None if told is None else told.effect
            self._observer(Exchange(request.method, request.target, status, took, fault, wrong))


def _joined(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Repeated headers are one with commas; what only concerns the connection is left out."""
    joined: dict[str, str] = {}
    for name, value in headers:
        if name not in FRAMING:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined
