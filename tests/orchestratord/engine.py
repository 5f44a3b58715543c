"""An engine on a raw socket: llama-server's streaming completion, as well or as badly as it is told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from tests.orchestratord.raw_server import read_exchange

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass
class Engine:
    """Sends ``tokens``; holds after the first until ``released``; breaks the connection after ``break_after`` tokens."""

    tokens: list[str] = field(default_factory=lambda: ["a", "b", "c"])
    break_after: int | None = None
    status: int = 200
    released: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    prompts: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self.released.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            exchange = await read_exchange(reader)
            if exchange is None:
                return
            self.prompts.append(json.loads(exchange.body))
            assert (exchange.method, exchange.target) == ("POST", "/completion")
            assert "authorization" not in exchange.headers
            answering = asyncio.create_task(self._answer(writer))
            gone = asyncio.create_task(reader.read())
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                self.hung_up.set()
            for task in (answering, gone):
                task.cancel()
            await asyncio.gather(answering, gone, return_exceptions=True)
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        if self.status != 200:
            writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return
        writer.write(HEAD)
        for number, token in enumerate(self.tokens):
            if self.break_after == number:
                return
            await send(writer, {"content": token, "stop": False})
            await self.released.wait()
        await send(writer, {"content": "", "stop": True, "tokens_predicted": len(self.tokens)})
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def send(writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
    data = f"data: {json.dumps(event)}\n\n".encode()
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    await writer.drain()


@contextlib.asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[Engine]:
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await engine.serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    engine.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield engine
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
