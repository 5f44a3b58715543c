"""The server on a real socket, and what arrives there that is not HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pool_managerd.api import Security
from pool_managerd.domain.errors import InvalidSettings
from pool_managerd.serving import Server, listen, url_of
from pool_managerd.settings import Address
from tests.pool_managerd.api.in_process import CONTRACT, LONG, Api

HOST = b"Host: localhost\r\n"
JSON = HOST + b"Content-Type: application/json\r\n"


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[int]:
    api = Api(folder, Security())
    api.run_dir.open()
    sock = listen(Address("127.0.0.1", 0))
    port = int(sock.getsockname()[1])
    server = Server(api.app, patience=1)
    serving = asyncio.create_task(server.serve([sock]))
    try:
        yield port
    finally:
        server.should_exit = True
        await serving
        await api.manager.close()
        api.run_dir.close()


async def converse(port: int, *sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in sent:
        writer.write(part)
    answer = await asyncio.wait_for(reader.read(), LONG)
    writer.close()
    return answer


NOT_HTTP = {
    "a space in the path": ("GET", "/pools/a b/status", b"GET /pools/a b/status HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a byte in the path that no URL has": (
        "GET",
        "/pools/x/status",
        b"GET /pools/p\xc3\xb6ol/status HTTP/1.1\r\n" + HOST + b"\r\n",
    ),
    "no host": ("GET", "/health", b"GET /health HTTP/1.1\r\n\r\n"),
    "two hosts": ("GET", "/health", b"GET /health HTTP/1.1\r\n" + HOST + HOST + b"\r\n"),
    "no version": ("GET", "/health", b"GET /health\r\n\r\n"),
    "TLS": ("GET", "/health", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 64),
    "two lengths": (
        "POST",
        "/pools/p/preload",
        b"POST /pools/p/preload HTTP/1.1\r\n" + JSON + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n12",
    ),
    "a negative length": (
        "POST",
        "/pools/p/preload",
        b"POST /pools/p/preload HTTP/1.1\r\n" + JSON + b"Content-Length: -1\r\n\r\n",
    ),
    "a broken chunk": (
        "POST",
        "/pools/p/preload",
        b"POST /pools/p/preload HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ),
}


@pytest.mark.parametrize(("method", "target", "sent"), NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_what_is_not_http_is_a_problem_and_the_daemon_goes_on(tmp_path: Path, method: str, target: str, sent: bytes) -> None:
    async def main() -> None:
        async with served(tmp_path) as port:
            head, _, body = (await converse(port, sent)).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
            assert json.loads(body)["code"] == "malformed_http"
            CONTRACT.check(method, target, 400, {"content-type": "application/problem+json"}, body)
            health = await converse(port, b"GET /health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
            assert health.startswith(b"HTTP/1.1 200 OK\r\n")

    asyncio.run(main())


def test_a_broken_chunk_after_the_answer_ends_the_connection_and_nothing_else(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as port:
            early = b"POST /pools/p/leases HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(early)
            assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), LONG)).startswith(b"HTTP/1.1 404")
            writer.write(b"zz\r\n")
            await asyncio.wait_for(reader.read(), LONG)
            writer.close()
            assert (await converse(port, b"GET /health HTTP/1.0\r\n" + HOST + b"\r\n")).startswith(b"HTTP/1.1 200")

    asyncio.run(main())


def test_a_keep_alive_connection_serves_pipelined_requests_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as port:
            one = b"GET /pools/a/status HTTP/1.1\r\n" + HOST + b"\r\n"
            two = b"GET /pools/b/status HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
            answer = await converse(port, one + two)
            assert answer.index(b"no pool 'a'") < answer.index(b"no pool 'b'")

    asyncio.run(main())


def test_an_address_that_cannot_be_had_is_named() -> None:
    with listen(Address("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidSettings, match=f"POOL_MANAGERD_ADDR 127.0.0.1:{port} cannot be used: Address already in use"):
            listen(Address("127.0.0.1", port))
    with pytest.raises(InvalidSettings, match=r"POOL_MANAGERD_ADDR 192\.0\.2\.1:0 cannot be used: Cannot assign"):
        listen(Address("192.0.2.1", 0))


@pytest.mark.parametrize(("host", "reached"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")])
def test_the_url_is_one_that_reaches_it(host: str, reached: str) -> None:
    with listen(Address(host, 0)) as sock:
        assert url_of(sock) == f"http://{reached}:{sock.getsockname()[1]}"
