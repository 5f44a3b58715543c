import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from poolpact import exchange
from poolpact.exchange import ExchangeFailed, RawAnswer, in_process, over_socket

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 2\r\n\r\nok"


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def ask(handler: Handler, method: str, target: str, headers: dict[str, str], body: bytes | None) -> RawAnswer:
    async def main() -> RawAnswer:
        async with serving(handler) as url:
            return await over_socket(url, method, target, headers, body)

    return asyncio.run(main())


def answering(answer: bytes, seen: list[bytes]) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()

    return handle


@pytest.mark.parametrize("target", ["/pools/../x/status", "/pools//status", "/pools/%2e%2e/status", "/pools/a%2Fb/status?x=1"])
def test_a_target_goes_on_the_wire_as_it_is(target: str) -> None:
    seen: list[bytes] = []
    ask(answering(OK, seen), "GET", target, {}, None)
    assert seen[0].startswith(f"GET {target} HTTP/1.1\r\n".encode())


def test_an_answer_is_read_whole() -> None:
    answer = ask(answering(OK, []), "GET", "/", {}, None)
    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["x-a"] == "1, 2"


def test_a_host_header_wins_and_there_is_only_one() -> None:
    seen: list[bytes] = []
    ask(answering(OK, seen), "GET", "/", {"Host": "evil.example"}, None)
    assert seen[0].lower().count(b"host:") == 1
    assert b"evil.example" in seen[0]


def test_header_values_need_not_be_ascii() -> None:
    seen: list[bytes] = []
    ask(answering(OK, seen), "GET", "/", {"authorization": "Bearer t\u00f6k"}, None)
    assert b"t\xf6k" in seen[0]


def test_an_answer_that_comes_before_the_whole_body_is_heard() -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    async def refuse_and_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(refusal)
        await writer.drain()

    answer = ask(refuse_and_hang_up, "POST", "/", {}, b" " * 10_000_000)
    assert answer.status == 413


def test_a_refused_connection_is_no_answer() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ExchangeFailed, match="ConnectionRefusedError"):
            asyncio.run(over_socket(url, "GET", "/", {}, None))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", b"220 smtp.example ready\r\n"])
def test_half_an_answer_and_something_else_are_no_answer(answer: bytes) -> None:
    with pytest.raises(ExchangeFailed):
        ask(answering(answer, []), "GET", "/", {}, None)


def test_an_answer_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PATIENCE_OF_A_READER", 0.05)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    with pytest.raises(ExchangeFailed, match=r"no answer within 0\.05 s"):
        ask(say_nothing, "GET", "/", {}, None)


def test_a_header_that_cannot_be_sent_is_told_at_once() -> None:
    with pytest.raises(ExchangeFailed, match="header"):
        ask(answering(OK, []), "GET", "/", {"x": "a\nb"}, None)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    told = f"{scope['method']} {scope['path']} {scope['raw_path'].decode()} {scope['query_string'].decode()} {len(body)}"
    await send({"type": "http.response.start", "status": 201, "headers": [(b"x-host", dict(scope["headers"])[b"host"])]})
    await send({"type": "http.response.body", "body": told.encode(), "more_body": False})


def test_an_application_in_process_sees_what_a_server_would_show_it() -> None:
    answer = asyncio.run(in_process(echo, "POST", "/pools/%2e%2e/x?a=b", {"Host": "h"}, b"x" * 100_000))
    assert (answer.status, answer.headers["x-host"]) == (201, "h")
    assert answer.body == b"POST /pools/../x /pools/%2e%2e/x a=b 100000"


def test_an_application_that_raises_is_an_error_of_the_server() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("no")

    assert asyncio.run(in_process(broken, "GET", "/", {}, None)).status == 500


def test_an_application_hears_that_the_caller_has_its_answer() -> None:
    heard: list[str] = []

    async def lingering(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        heard.append((await receive())["type"])

    assert asyncio.run(in_process(lingering, "GET", "/", {}, None)).status == 204
    assert heard == ["http.disconnect"]
