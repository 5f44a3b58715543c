import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from pool_managerd.engines import health
from pool_managerd.engines.endpoint import Endpoint, resolve
from pool_managerd.engines.health import HealthClient
from tests.pool_managerd.engines.programs import descriptors, free_port, until

Check = Callable[[HealthClient], Coroutine[Any, Any, object]]
TARGET = "/health?x=1"
RESET_ON_CLOSE = b"\x01\x00\x00\x00\x00\x00\x00\x00"
"""struct linger {on, 0 s}"""


def against(
    answer: bytes,
    check: Check,
    *,
    host: str = "127.0.0.1",
    forever: bytes = b"",
    stall: bool = False,
    reset: bool = False,
    heard: list[bytes] | None = None,
) -> object:
    """The result of ``check`` against a server that sends ``answer``, then ``forever`` again and again, or nothing more.

    It hangs up after that, with a reset if asked, or waits for the client to do so when it is to ``stall``. ``heard`` gets what
    it was sent.
    """

    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            question = await reader.readuntil(b"\r\n\r\n")
            if heard is not None:
                heard.append(question)
            writer.write(answer)
            while forever:
                writer.write(forever)
                await writer.drain()
            if stall:
                await reader.read()
        if reset:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        writer.close()

    async def main() -> object:
        server = await asyncio.start_server(serve, host, 0)
        async with server:
            result = await check(HealthClient(host, server.sockets[0].getsockname()[1]))
            await until(lambda: serving, "it was asked")
            await asyncio.gather(*(task for task in serving if task is not None))
        return result

    before = descriptors()
    result = asyncio.run(main())
    assert descriptors() == before
    return result


async def is_healthy(client: HealthClient) -> object:
    return await client.is_healthy(TARGET)


async def total_slots(client: HealthClient) -> object:
    return await client.total_slots(TARGET)


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
        (b"HTTP/1.0 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n", False),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", False),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", False),
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


@pytest.mark.parametrize("check", [is_healthy, total_slots])
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_a_reset_instead_of_an_answer_is_neither_healthy_nor_slots(check: Check, answer: bytes) -> None:
    assert not against(answer, check, reset=True)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "::1", "localhost", "127.0.0.1%lo", "nowhere.invalid", "a b", "x/y", "", "ä" * 70, "a" * 64 + ".invalid"],
)
def test_nobody_there_is_not_healthy_and_has_no_slots(host: str) -> None:
    async def main() -> tuple[object, object]:
        client = HealthClient(host, free_port())
        return await is_healthy(client), await total_slots(client)

    before = descriptors()
    assert asyncio.run(main()) == (False, None)
    assert descriptors() == before


@pytest.mark.parametrize("target", ["/a b", "/\r\nX: y", "/ä"])
def test_a_target_that_is_none_is_not_healthy(target: str) -> None:
    assert asyncio.run(HealthClient("127.0.0.1", free_port()).is_healthy(target)) is False


@pytest.mark.parametrize(("host", "named"), [("127.0.0.1", b"127.0.0.1"), ("::1", b"[::1]"), ("localhost", b"localhost")])
def test_the_question_names_the_host_and_the_target(host: str, named: bytes) -> None:
    heard: list[bytes] = []
    assert against(http(b"{}"), is_healthy, host=host, heard=heard) is True
    [question] = heard
    first, *headers = question.split(b"\r\n")
    assert first == b"GET /health?x=1 HTTP/1.1"
    [name] = [value for header, _, value in (line.partition(b": ") for line in headers) if header.lower() == b"host"]
    assert name.rpartition(b":")[0] == named


def test_of_several_places_the_first_that_takes_the_connection_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []

    async def two_places(host: str, port: int) -> list[Endpoint]:
        looked_up.append(host)
        return [Endpoint(socket.AF_INET, ("127.0.0.1", free_port())), *await resolve(host, port)]

    async def both(client: HealthClient) -> object:
        return await is_healthy(client), await total_slots(client)

    monkeypatch.setattr(health, "resolve", two_places)
    assert against(http(b'{"total_slots": 2}'), both) == (True, 2)
    assert looked_up == ["127.0.0.1"]


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
        (b'{"total_slots": 4, "x": "%s"}' % (b"x" * 200000), 4),
        (b'{"total_slots": 4, "x": "%s"}' % (b"x" * health.BODY_LIMIT), None),
    ],
)
def test_slots_are_a_sensible_number_or_unknown(body: bytes, slots: int | None) -> None:
    assert against(http(body), total_slots) == slots


def test_slots_may_come_in_pieces() -> None:
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (b'{"tot', b'al_slots": 4}'))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert against(head + pieces + b"0\r\n\r\n", total_slots) == 4
    assert against(head + pieces, total_slots) is None


def test_slots_that_break_off_are_unknown() -> None:
    assert against(http(b'{"total_slots": 4}').replace(b"18", b"19"), total_slots) is None


def test_slots_of_an_error_are_unknown() -> None:
    assert against(http(b'{"total_slots": 4}', "404 Not Found"), total_slots) is None


def test_an_endless_body_has_no_slots() -> None:
    assert against(b"HTTP/1.1 200 OK\r\n\r\n", total_slots, forever=b"x" * 65536) is None


@contextlib.contextmanager
def flood(head: bytes, piece: bytes, limit: int) -> Iterator[tuple[int, list[int]]]:
    """A server in a thread that sends ``head`` and then ``piece`` as fast as it can, until it is hung up on or to the limit.

    Yields its port, and a list that gets the bytes it sent when it is over.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    sent: list[int] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ConnectionError):
            total = connection.send(head)
            try:
                while total < limit:
                    total += connection.send(piece)
            finally:
                sent.append(total)

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        yield listener.getsockname()[1], sent
        thread.join()


@pytest.mark.parametrize(
    ("check", "head", "piece"),
    [
        (is_healthy, b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
        (total_slots, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 5000),
    ],
)
def test_a_flood_stops_neither_the_loop_nor_the_clock(
    monkeypatch: pytest.MonkeyPatch, check: Check, head: bytes, piece: bytes
) -> None:
    monkeypatch.setattr(health, "PROBE_TIMEOUT", 0.05)
    limit = 5_000_000  # many seconds of reading
    with flood(head, piece, limit) as (port, sent):
        assert not asyncio.run(check(HealthClient("127.0.0.1", port)))
    assert sent[0] < limit


async def busy(client: HealthClient) -> object:
    return await client.busy("/slots")


@pytest.mark.parametrize(
    ("body", "works"),
    [
        (b'[{"is_processing": false}, {"is_processing": true}]', True),
        (b'[{"is_processing": false}, {"is_processing": false}]', False),
        (b'[{"id": 0}]', None),
        (b'[{"is_processing": 1}]', None),
        (b'[{"is_processing": true}, 1]', None),
        (b"[]", None),
        (b"{}", None),
        (b"[" * 100000, None),
        (b"", None),
    ],
)
def test_whether_it_works_is_told_by_all_slots_or_unknown(body: bytes, works: bool | None) -> None:
    assert against(http(body), busy) is works


@pytest.mark.parametrize("status", ["404 Not Found", "501 Not Implemented", "503 Service Unavailable"])
def test_who_does_not_list_slots_cannot_say_whether_it_works(status: str) -> None:
    assert against(http(b'[{"is_processing": true}]', status), busy) is None


def test_who_does_not_answer_in_time_may_be_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PROBE_TIMEOUT", 0.05)
    assert against(b"", busy, stall=True) is True


def test_nobody_there_works_on_nothing() -> None:
    assert asyncio.run(HealthClient("127.0.0.1", free_port()).busy("/slots")) is None
