import asyncio
import json
from contextlib import aclosing

import pytest

from orchestratord.engine_client import EngineClient, EventReader
from orchestratord.errors import EngineFailed
from tests.orchestratord import raw_server
from tests.orchestratord.engine import Engine, running
from tests.orchestratord.raw_server import Behaviour, sends, serving

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


async def read_all(url: str, silence: float = 5.0) -> list[str]:
    client = EngineClient(silence)
    try:
        async with aclosing(client.complete(url, "hello", 3)) as pieces:
            return [piece async for piece in pieces]
    finally:
        await client.aclose()


def test_the_pieces_arrive_in_order() -> None:
    async def run() -> tuple[list[str], Engine]:
        async with running(Engine(["Hel", "lo ", "wörld"])) as engine:
            return await read_all(engine.url + "/"), engine

    pieces, engine = asyncio.run(run())
    assert pieces == ["Hel", "lo ", "wörld"]
    assert engine.prompts == [{"prompt": "hello", "n_predict": 3, "stream": True}]


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (raw_server.resets, "lost"),
        (sends(HEAD + b'data: {"content":"a"}\n\n', then_close=True), "before its last token"),
        (sends(HEAD + b"data: not JSON\n\n", then_close=True), "not a JSON object"),
        (sends(HEAD + b"data: [1]\n\n", then_close=True), "not a JSON object"),
        (sends(HEAD + b'data: {"content":7}\n\n', then_close=True), "not text"),
        (sends(HEAD + b'data: {"error":{"message":"boom"}}\n\n', then_close=True), "boom"),
        (sends(HEAD + b'error: {"message":"boom"}\n\n', then_close=True), "boom"),
        (sends(HEAD + b"x" * 2_000_000, then_close=True), "line"),
        (sends(b"HTTP/1.1 503 Loading\r\nContent-Length: 0\r\n\r\n"), "503"),
        (sends(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), "302"),
        (sends(b"SSH-2.0-OpenSSH\r\n", then_close=True), "lost"),
    ],
)
def test_an_engine_that_does_not_finish_is_a_failure(behave: Behaviour, why: str) -> None:
    async def run() -> None:
        async with serving(behave) as server:
            with pytest.raises(EngineFailed, match=why):
                await read_all(server.url)

    asyncio.run(run())


def test_nobody_there_and_nonsense_for_a_url_are_failures() -> None:
    for url in (f"http://127.0.0.1:{raw_server.free_port()}", "nonsense", "http://[", "file:///etc/passwd"):
        with pytest.raises(EngineFailed):
            asyncio.run(read_all(url))


def test_a_silent_engine_is_given_up() -> None:
    async def run() -> None:
        async with serving(sends(HEAD)) as server:
            with pytest.raises(EngineFailed, match="silent"):
                await read_all(server.url, silence=0.1)

    asyncio.run(run())


def test_closing_the_generator_hangs_up_on_the_engine() -> None:
    async def run() -> None:
        engine = Engine()
        engine.released.clear()
        async with running(engine):
            client = EngineClient()
            pieces = client.complete(engine.url, "hello", 3)
            assert await anext(pieces) == "a"
            await pieces.aclose()
            await client.aclose()
            async with asyncio.timeout(5):
                await engine.hung_up.wait()

    asyncio.run(run())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_cut_out_of_any_pieces(size: int) -> None:
    events = [{"content": "ä\n"}, {"content": "", "stop": True}]
    stream = b": comment\r\n\r\nevent: message\r\n" + b"".join(f"data: {json.dumps(event)}\r\n\r\n".encode() for event in events)
    reader = EventReader()
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert [event for piece in pieces for event in reader.feed(piece)] == events
