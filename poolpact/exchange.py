"""One HTTP exchange, byte for byte as it is asked for: over a socket, or with an ASGI application in process."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import h11

from poolpact.account import LONGEST_BODY, Exchange, record, time_left, waited_in_vain

AsgiApp = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

PATIENCE = 90.0
"""Seconds after which an answer will never come."""
PATIENCE_OF_A_READER = 15.0
"""The same for a call that only reads: no requirement lets it wait."""
MOST_BYTES = 16 * 1024 * 1024
"""What an answer may be long."""
_CHUNK = 64 * 1024


class ExchangeFailed(AssertionError):
    """No answer: refused, reset, cut off, or not HTTP."""


class NoAnswerInTime(ExchangeFailed):
    """Nobody answered, and nobody hung up, for as long as it may take."""


class NoHttpAnswer(ExchangeFailed):
    """Somebody answers, and it is no HTTP, or more than anybody could read."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """Status, headers with lower-case names (repeated ones joined by a comma) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def over_socket(base_url: str, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> RawAnswer:
    """One exchange on a connection of its own, recorded in the scenario's transcript; raises ExchangeFailed.

    ``target`` is sent as it is, without normalisation. A Host header in ``headers`` wins over the one of ``base_url``. What a
    server says before it has read the whole body is heard, even when it hangs up right afterwards.
    """
    began = time.monotonic()
    try:
        answer = await _over_socket(base_url, method, target, headers, body)
    except ExchangeFailed as error:
        _record(base_url, method, target, headers, body, began, None, str(error))
        raise
    except asyncio.CancelledError:
        _record(base_url, method, target, headers, body, began, None, "the judge hung up before an answer came")
        raise
    _record(base_url, method, target, headers, body, began, answer, "")
    return answer


def _record(
    url: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
    began: float,
    answer: RawAnswer | None,
    error: str,
) -> None:
    told = answer or RawAnswer(0, {}, b"")
    record(
        Exchange(
            at=began,
            sender="judge",
            url=url,
            method=method,
            target=target,
            headers={name.lower(): value for name, value in headers.items()},
            body=(body or b"")[:LONGEST_BODY],
            seconds=time.monotonic() - began,
            status=told.status or None,
            answer_headers=told.headers,
            answer_body=told.body[:LONGEST_BODY],
            error=error,
        )
    )


async def _over_socket(base_url: str, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> RawAnswer:
    parts = urlsplit(base_url)
    client = h11.Connection(h11.CLIENT)
    longest = PATIENCE_OF_A_READER if method in ("GET", "HEAD") else PATIENCE
    patience = time_left(longest)
    try:
        head = client.send(_request(method, target, headers, body, parts.netloc)) or b""
        async with asyncio.timeout(patience):
            with await _connect(parts.hostname or "", parts.port or 80) as sock:
                return await _converse(client, sock, head, body or b"")
    except TimeoutError:
        waited_in_vain(patience, longest)
        raise NoAnswerInTime(f"{method} {base_url}{target}: no answer within {patience:.3g} s") from None
    except h11.ProtocolError as error:
        raise NoHttpAnswer(f"{method} {base_url}{target}: {type(error).__name__}: {error}") from None
    except (OSError, UnicodeError) as error:
        raise ExchangeFailed(f"{method} {base_url}{target}: {type(error).__name__}: {error}") from None


async def _connect(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(sock, (host, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _request(method: str, target: str, headers: Mapping[str, str], body: bytes | None, netloc: str) -> h11.Request:
    sent = {"host": netloc, "connection": "close"} | {name.lower(): value for name, value in headers.items()}
    if body is not None and "transfer-encoding" not in sent:
        sent.setdefault("content-length", str(len(body)))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()]
    return h11.Request(method=method, target=target, headers=encoded)


async def _converse(client: h11.Connection, sock: socket.socket, head: bytes, body: bytes) -> RawAnswer:
    sending = asyncio.create_task(_send(client, sock, head, body))
    try:
        return await _receive(client, sock)
    finally:
        sending.cancel()
        await asyncio.wait({sending})


async def _send(client: h11.Connection, sock: socket.socket, head: bytes, body: bytes) -> None:
    """Send as much as the server takes; whether that was enough is for its answer to say."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        await loop.sock_sendall(sock, head)
        for chunk in _chunks(body):
            await loop.sock_sendall(sock, client.send(h11.Data(chunk)) or b"")
        await loop.sock_sendall(sock, client.send(h11.EndOfMessage()) or b"")


def _chunks(body: bytes) -> Iterator[bytes]:
    return (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))


async def _receive(client: h11.Connection, sock: socket.socket) -> RawAnswer:
    loop = asyncio.get_running_loop()
    status, headers, body = 0, {}, bytearray()
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            data = await loop.sock_recv(sock, _CHUNK)
            if not data and not status:
                raise ConnectionResetError("it hung up before an answer was there")
            client.receive_data(data)
            # What comes faster than it is read would never let a time-out have its turn.
            await asyncio.sleep(0)
        elif isinstance(event, h11.Response):
            status, headers = event.status_code, _joined(event.headers)
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST_BYTES:
                raise NoHttpAnswer(f"an answer of more than {MOST_BYTES} bytes")
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return RawAnswer(status, headers, bytes(body))


def _joined(pairs: Any) -> dict[str, str]:
    joined: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


async def in_process(
    app: AsgiApp,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    arrived_at: tuple[str, int] = ("127.0.0.1", 9200),
) -> RawAnswer:
    """One exchange with ``app`` as a server on ``arrived_at`` would make it; an exception in it is a 500, as on the wire."""
    conversation = _Conversation(body or b"")
    sent = {name.lower(): value for name, value in headers.items()}
    if body is not None and "transfer-encoding" not in sent:
        sent.setdefault("content-length", str(len(body)))
    scope = asgi_scope(method, target, sent, arrived_at)
    try:
        await app(scope, conversation.receive, conversation.send)
    except Exception:
        if not conversation.status:
            return RawAnswer(500, {"content-type": "text/plain; charset=utf-8"}, b"Internal Server Error")
    return RawAnswer(conversation.status, _joined(conversation.headers), bytes(conversation.body))


def asgi_scope(
    method: str, target: str, headers: Mapping[str, str], arrived_at: tuple[str, int] = ("127.0.0.1", 9200)
) -> dict[str, Any]:
    """The ASGI scope of a request as a server on ``arrived_at`` would make it; names in ``headers`` are lower-case."""
    path, _, query = target.partition("?")
    sent = {"host": "127.0.0.1:9200"} | dict(headers)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
        "client": ("127.0.0.1", 50000),
        "server": arrived_at,
        "state": {},
    }


class _Conversation:
    """The two callables of one ASGI exchange; the client hangs up when it has the whole answer."""

    def __init__(self, body: bytes) -> None:
        self._sending: Iterator[bytes] = iter([*_chunks(body)] or [b""])
        self._left = max(-(-len(body) // _CHUNK), 1)
        self._answered = asyncio.Event()
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()

    async def receive(self) -> dict[str, Any]:
        if self._left:
            self._left -= 1
            return {"type": "http.request", "body": next(self._sending), "more_body": self._left > 0}
        await self._answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self._answered.set()
