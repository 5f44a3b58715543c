import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from pool_managerd.engines import health
from pool_managerd.engines.health import HealthClient
from tests.pool_managerd.engines.programs import free_port, until

Check = Callable[[HealthClient, str], Awaitable[object]]


def against(answer: bytes, check: Check, *, forever: bytes = b"", stall: bool = False) -> object:
    """The result of ``check`` against a server that sends ``answer``, then ``forever`` again and again, or nothing more."""

    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            while forever:
                writer.write(forever)
                await writer.drain()
            if stall:
                await reader.read()
        writer.close()

    async def main() -> object:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = HealthClient()
        async with server:
            port = server.sockets[0].getsockname()[1]
            result = await check(client, f"http://127.0.0.1:{port}/health?x=1")
            await until(lambda: serving, "it was asked")
            await asyncio.gather(*(task for task in serving if task is not None))
        await client.aclose()
        return result

    return asyncio.run(main())


async def is_healthy(client: HealthClient, url: str) -> object:
    return await client.is_healthy(url)


async def total_slots(client: HealthClient, url: str) -> object:
    return await client.total_slots(url)


def http(body: bytes, status: str = "200 OK", headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status.encode(), len(body), headers, body)


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        (http(b'{"status":"ok"}'), True),
        (http(b"not json"), True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx", True),
        (http(b'{"error":{"message":"Loading model"}}', "503 Service Unavailable"), False),
        (http(b"", "204 No Content"), False),
        (http(b"", "302 Found", b"Location: http://127.0.0.1/\r\n"), False),
        (http(b"", "404 Not Found"), False),
        (http(b"", "500 Oops"), False),
        (b"", False),
        (b"\x00\xff rubbish\r\n\r\n", False),
        (b"HTTP/1.1 200", False),
    ],
)
def test_healthy_is_200_and_nothing_else(answer: bytes, healthy: bool) -> None:
    assert against(answer, is_healthy) is healthy


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_health_that_does_not_come_in_time_is_not_healthy(monkeypatch: pytest.MonkeyPatch, beginning: bytes) -> None:
    monkeypatch.setattr(health, "PROBE_TIMEOUT", 0.05)
    assert against(beginning, is_healthy, stall=True) is False


def test_slots_that_do_not_come_in_time_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PROBE_TIMEOUT", 0.05)
    assert against(http(b'{"total_slots": 4}').replace(b"18", b"19"), total_slots, stall=True) is None


def test_endless_headers_are_not_healthy() -> None:
    assert against(b"HTTP/1.1 200 OK\r\n", is_healthy, forever=b"X: y\r\n" * 10000) is False


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/", "http://[::1]:{port}/", "http://nowhere.invalid/", "http://a b/", "x"]
)
def test_nobody_there_is_not_healthy_and_has_no_slots(url: str) -> None:
    async def main() -> tuple[object, object]:
        client = HealthClient()
        address = url.format(port=free_port())
        answers = await client.is_healthy(address), await client.total_slots(address)
        await client.aclose()
        return answers

    assert asyncio.run(main()) == (False, None)


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    assert against(http(b"{}"), is_healthy) is True


@pytest.mark.parametrize(
    ("body", "slots"),
    [
        (b'{"total_slots": 4, "model_path": "m"}', 4),
        (b'{"total_slots": 1}', 1),
        (b'{"total_slots": 0}', None),
        (b'{"total_slots": -1}', None),
        (b'{"total_slots": 65537}', None),
        (b'{"total_slots": true}', None),
        (b'{"total_slots": 2.0}', None),
        (b'{"total_slots": "2"}', None),
        (b'{"total_slots": null}', None),
        (b"{}", None),
        (b"[1]", None),
        (b"[" * 100000, None),
        (b"\xff", None),
        (b"", None),
        (b'{"total_slots": 4, "x": "%s"}' % (b"x" * health.BODY_LIMIT), None),
    ],
)
def test_slots_are_a_sensible_number_or_unknown(body: bytes, slots: int | None) -> None:
    assert against(http(body), total_slots) == slots


def test_slots_of_an_error_are_unknown() -> None:
    assert against(http(b'{"total_slots": 4}', "404 Not Found"), total_slots) is None


def test_an_endless_body_has_no_slots() -> None:
    assert against(b"HTTP/1.1 200 OK\r\n\r\n", total_slots, forever=b"x" * 65536) is None
