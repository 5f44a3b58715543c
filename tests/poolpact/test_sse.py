import asyncio
from collections.abc import Awaitable, Callable

import pytest

from poolpact.event_stream import SseEvent
from poolpact.exchange import ExchangeFailed
from poolpact.faults.wire import Connection, Listener, Reply
from poolpact.sse import SseReader

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(text: str) -> bytes:
    return f"{len(text.encode()):x}\r\n{text}\r\n".encode()


def with_server(pieces: list[bytes], scenario: Callable[[str], Awaitable[None]]) -> None:
    async def serve(connection: Connection) -> None:
        await connection.receive()
        for piece in pieces:
            await connection.raw(piece)

    async def run() -> None:
        listener = Listener(serve)
        await listener.start()
        try:
            async with asyncio.timeout(20):
                await scenario(f"http://127.0.0.1:{listener.port}")
        finally:
            await listener.close()

    asyncio.run(run())


def test_events_come_one_by_one_however_they_are_cut() -> None:
    pieces = [
        HEAD,
        chunk("event: started\ndata: {}\n\nevent: tok"),
        chunk('en\r\ndata: {"t": "ä",\r\ndata: "i": 0}\r\n\r\n'),
        chunk(": only a comment\n\n"),
        chunk("data:1\n\n"),
        b"0\r\n\r\n",
    ]

    async def scenario(url: str) -> None:
        stream = await SseReader.open(url, "/x")
        assert stream.is_stream
        events = [await stream.next(5) for _ in range(4)]
        await stream.close()
        assert events == [SseEvent("started", {}), SseEvent("token", {"t": "ä", "i": 0}), SseEvent("message", 1), None]

    with_server(pieces, scenario)


def test_an_answer_that_is_no_stream_is_read_whole() -> None:
    async def scenario(url: str) -> None:
        answer = await SseReader.open(url, "/x")
        await answer.close()
        assert (answer.is_stream, answer.status, answer.body) == (False, 409, b'{"code": "x"}')

    with_server([Reply.of_json(409, {"code": "x"}).on_wire()], scenario)


def test_a_stream_that_breaks_is_an_error() -> None:
    async def scenario(url: str) -> None:
        stream = await SseReader.open(url, "/x")
        assert await stream.next(5) == SseEvent("message", 1)
        with pytest.raises(AssertionError, match="the stream broke"):
            await stream.next(5)
        await stream.close()

    with_server([HEAD, chunk("data: 1\n\n")], scenario)


def test_a_stream_that_says_nothing_is_an_error() -> None:
    async def run() -> None:
        silent = asyncio.Event()

        async def serve(connection: Connection) -> None:
            await connection.receive()
            await connection.raw(HEAD)
            await silent.wait()

        listener = Listener(serve)
        await listener.start()
        stream = await SseReader.open(f"http://127.0.0.1:{listener.port}", "/x")
        with pytest.raises(AssertionError, match="said nothing"):
            await stream.next(0.01)
        await stream.close()
        await listener.close()

    asyncio.run(run())


def test_nobody_there_is_an_error() -> None:
    async def scenario(url: str) -> None:
        with pytest.raises(ExchangeFailed):
            await SseReader.open("http://127.0.0.1:1", "/x")

    with_server([], scenario)
