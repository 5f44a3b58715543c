"""A server on a bare socket that answers as badly as it is told."""

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Exchange:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[["Exchange", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """``behave`` answers each request; ``on_connect`` may end a connection before it reads one."""

    behave: Behaviour
    port: int = 0
    connections: list[float] = field(default_factory=list)
    requests: list[Exchange] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    on_connect: Callable[[asyncio.StreamWriter], bool] = lambda _: False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def busiest_second(self, late: float) -> int:
        """The most connections that certainly began within one second, when each was seen up to ``late`` seconds later."""
        second = 1.0 - late
        return max((sum(0 <= other - one < second for other in self.connections) for one in self.connections), default=0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(time.monotonic())
        try:
            if self.on_connect(writer):
                return
            while (exchange := await read_exchange(reader)) is not None:
                self.requests.append(exchange)
                self.asked.set()
                await self.behave(exchange, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def serving(behave: Behaviour, port: int = 0) -> AsyncIterator[RawServer]:
    """A running server; stalled connections are cut at the end."""
    it = RawServer(behave)
    serving_them: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(it.serve(reader, writer))
        serving_them[task] = writer
        task.add_done_callback(serving_them.pop)

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 24)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()
        while serving_them:
            for task, writer in serving_them.items():
                task.cancel()
                writer.close()  # a task that is cancelled before it began closes nothing
            await asyncio.wait(serving_them)


async def read_exchange(reader: asyncio.StreamReader) -> Exchange | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Exchange(method, target, headers, body)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


# --- behaviours ---


def raw_answer(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(status: int, document: Any, *headers: str) -> Behaviour:
    """A JSON document, or bytes as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return sends(raw_answer(status, body, "Content-Type: application/json", *headers))


def sends(raw: bytes, *, then_close: bool = False) -> Behaviour:
    """Bytes, whatever they are."""

    async def behave(_: Exchange, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        if then_close:
            raise ConnectionResetError

    return behave


def reset(writer: asyncio.StreamWriter) -> bool:
    """End the connection with a RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return True


async def resets(_: Exchange, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def stalls(_: Exchange, __: asyncio.StreamWriter) -> None:
    await asyncio.get_running_loop().create_future()


def drips(raw: bytes, pause: float = 0.05) -> Behaviour:
    """A byte at a time."""

    async def behave(_: Exchange, writer: asyncio.StreamWriter) -> None:
        for byte in raw:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


def status_of(pool_id: str, **members: Any) -> dict[str, Any]:
    """A right status of a ready pool."""
    return {
        "pool_id": pool_id,
        "live": True,
        "ready": True,
        "active_leases": 0,
        "slots_total": 1,
        "slots_free": 1,
        **members,
    }
