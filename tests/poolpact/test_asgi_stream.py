"""Reading a stream off an application: as slowly as somebody wants, in real and in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from poolpact.asgi_stream import AsgiStream
from poolpact.event_stream import COMMENT, SseEvent
from poolpact.timekeeping import RealTime, VirtualTime
from poolpact.virtual.clock import VirtualClock
from poolpact.virtual.loop import IdleTellingLoop

App = Callable[[Any, Any, Any], Awaitable[None]]
STREAM = [(b"content-type", b"text/event-stream; charset=utf-8")]


def streaming(*pieces: bytes, ends: bool = True, told: list[str] | None = None) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": STREAM})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            if told is not None:
                told.append("sent")
        if not ends:
            await receive()
            if told is not None:
                told.append("hung up")

    return app


def test_events_come_one_by_one_and_then_the_end() -> None:
    async def scenario() -> None:
        stream = AsgiStream(streaming(b"data: 1\n\n: qui", b"et\n\ndata: 2\n\n"), "/x", {}, RealTime())
        await stream.open()
        assert stream.is_stream
        events = [await stream.next(5) for _ in range(4)]
        assert events == [SseEvent("message", 1), SseEvent(COMMENT, None), SseEvent("message", 2), None]
        await stream.close()

    asyncio.run(scenario())


def test_an_answer_that_is_no_stream_is_read_whole() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": [(b"Content-Type", b"application/json")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        await send({"type": "http.response.body", "body": b"}"})

    async def scenario() -> None:
        stream = AsgiStream(app, "/x", {}, RealTime())
        await stream.open()
        assert (stream.is_stream, stream.status, stream.body) == (False, 404, b"{}")
        await stream.close()

    asyncio.run(scenario())


def test_who_is_not_read_has_to_wait_and_learns_that_somebody_hung_up() -> None:
    async def scenario() -> None:
        told: list[str] = []
        stream = AsgiStream(streaming(*[b"data: 1\n\n" * 4000] * 5, ends=False, told=told), "/x", {}, RealTime())
        await stream.open()
        for _ in range(20):
            await asyncio.sleep(0)
        assert told == ["sent", "sent"]
        assert await stream.next(5) == SseEvent("message", 1)
        await stream.close()
        assert told == ["sent"] * 5 + ["hung up"]

    asyncio.run(scenario())


def test_what_never_comes_is_waited_for_in_virtual_time() -> None:
    loop = IdleTellingLoop()

    async def scenario() -> None:
        clock = VirtualClock(loop)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": STREAM})
            await clock.sleep(3600)
            await send({"type": "http.response.body", "body": b"data: 1\n\n"})

        stream = AsgiStream(app, "/x", {}, VirtualTime(clock))
        await stream.open()
        with pytest.raises(AssertionError, match="says something: not within 3000 virtual s"):
            await stream.next(3000)
        assert await stream.next(1000) == SseEvent("message", 1)
        assert 3600 <= clock.monotonic() < 3601
        await stream.close()

    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()
