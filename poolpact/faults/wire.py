"""HTTP/1.1 on a socket that one can also misuse: what the fault proxy and the mock stand on."""

import asyncio
import contextlib
import itertools
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import h11

BACKLOG = 128
MOST_BYTES = 16 * 1024 * 1024
"""What the body of a request may be long."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_READ_SIZE = 65536


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in: names in ``headers`` are lower-case, ``target`` is untouched, ``at`` is monotonic seconds."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    at: float

    def header(self, name: str) -> str | None:
        """The first value of a header; None where it is absent."""
        return next((value for key, value in self.headers if key == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. A content-length is added when it is put on the wire."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of_json(cls, status: int, value: Any, content_type: str = "application/json", **headers: str) -> "Reply":
        """``value`` as JSON; an underscore in the name of a header stands for a hyphen."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, {"content-type": content_type, **named}, json.dumps(value).encode())

    def on_wire(self) -> bytes:
        """The whole answer as bytes."""
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        connection.next_event()
        return _serialise(connection, self)


def _serialise(connection: h11.Connection, reply: Reply, *, is_head: bool = False) -> bytes:
    headers = [(name, value) for name, value in reply.headers.items() if name.lower() not in FRAMING]
    if reply.status not in (204, 304):
        headers.append(("content-length", str(len(reply.body))))
    parts = [connection.send(h11.Response(status_code=reply.status, headers=headers))]
    if reply.body and reply.status not in (204, 304) and not is_head:
        parts.append(connection.send(h11.Data(data=reply.body)))
    parts.append(connection.send(h11.EndOfMessage()))
    return b"".join(part for part in parts if part)


FRAMING = ("content-length", "transfer-encoding", "connection")


class Connection:
    """One accepted connection."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)
        self._is_head = False
        self.answered: Reply | None = None
        """What the last request was answered, once the whole of it is on its way."""

    @property
    def arrived_at(self) -> tuple[str, int]:
        """The address and port on this side."""
        host, port = self._writer.get_extra_info("sockname")[:2]
        return host, port

    async def receive(self) -> Request | None:
        """The next request; None when the peer hung up, talks no HTTP, or does not come to an end."""
        self.answered = None
        try:
            if self._http.our_state is h11.DONE:
                self._http.start_next_cycle()
            head: h11.Request | None = None
            body = b""
            while True:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._http.receive_data(await self._reader.read(_READ_SIZE))
                elif isinstance(event, h11.Request):
                    head = event
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                    if len(body) > MOST_BYTES:
                        return None
                elif isinstance(event, h11.EndOfMessage) and head is not None:
                    return self._request(head, body)
                else:
                    return None
        except (h11.ProtocolError, OSError):
            return None

    def _request(self, head: h11.Request, body: bytes) -> Request:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
        self._is_head = head.method == b"HEAD"
        return Request(head.method.decode("ascii"), head.target.decode("latin-1"), headers, body, self.number, time.monotonic())

    async def reply(self, reply: Reply) -> None:
        """Answer the request that was received last; to a HEAD the body only counts."""
        await self.raw(_serialise(self._http, reply, is_head=self._is_head))
        self.answered = reply

    async def raw(self, data: bytes) -> None:
        """Write ``data`` as it is."""
        self._writer.write(data)
        await self._writer.drain()

    async def hung_up(self) -> None:
        """Wait until the peer closes its side."""
        while await self._reader.read(_READ_SIZE):
            pass

    @property
    def keeps_alive(self) -> bool:
        """Whether another request may follow."""
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    def close(self) -> None:
        """End the connection in the ordinary way."""
        self._writer.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        _reset_on_close(self._writer.get_extra_info("socket"))
        self._writer.transport.abort()


class Listener:
    """Accepts connections on one port, which stays its own while it does not listen."""

    def __init__(self, serve: Callable[[Connection], Awaitable[None]]) -> None:
        self._serve = serve
        self._numbers = itertools.count(1)
        self._placeholder: socket.socket | None = None
        self._listening: socket.socket | None = None
        self._open: dict[asyncio.Task[None], socket.socket] = {}
        self._host = ""
        self.port = 0

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Listen; raises OSError when ``port`` is taken or ``host`` is not an address of this machine."""
        self._host = host
        self._placeholder = _bound(host, port)
        self.port = self._placeholder.getsockname()[1]
        self.listen()

    @property
    def sock(self) -> socket.socket | None:
        """What keeps the port; None where nothing was started."""
        return self._placeholder

    def listen(self) -> None:
        """Accept connections (again)."""
        if self._listening is None:
            self._listening = _bound(self._host, self.port)
            self._listening.listen(BACKLOG)
            asyncio.get_running_loop().add_reader(self._listening, self._accept, self._listening)

    def refuse(self) -> None:
        """Listen no longer: connections are refused, and those that are open are reset."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        self.drop()

    def drop(self) -> None:
        """Reset every open connection."""
        for task, peer in self._open.items():
            _reset_on_close(peer)
            task.cancel()

    async def close(self) -> None:
        """Stop for good and give the port back."""
        self.refuse()
        await asyncio.gather(*self._open, return_exceptions=True)
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            while True:
                peer, _ = listening.accept()
                peer.setblocking(False)
                task = asyncio.get_running_loop().create_task(self._attend(peer))
                self._open[task] = peer
                task.add_done_callback(self._part)

    async def _attend(self, peer: socket.socket) -> None:
        connection = Connection(next(self._numbers), *await asyncio.open_connection(sock=peer.dup()))
        try:
            await self._serve(connection)
        except OSError:
            connection.reset()
        except asyncio.CancelledError:
            connection.reset()
            raise
        finally:
            connection.close()

    def _part(self, task: "asyncio.Task[None]") -> None:
        self._open.pop(task).close()
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler({"message": "a connection", "exception": error})


def _reset_on_close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
