"""The client against servers that behave as badly as they can, over real sockets."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from orchestratord.client import PoolManagerClient, SyncPoolManagerClient
from orchestratord.errors import (
    ConnectionLost,
    PoolManagerError,
    PoolManagerUnavailable,
    ProtocolViolation,
    Rejected,
    TimedOut,
    Unreachable,
)
from poolpact.boundary.timing import Lag
from tests.orchestratord import raw_server
from tests.orchestratord.raw_server import Behaviour, RawServer, answers, drips, raw_answer, sends, serving, status_of
from tests.orchestratord.waiting import GENEROUS, until

TOKEN = "t0ken-of-the-test"
RIGHT = answers(200, status_of("p"))
SHORT = 0.3
"""Seconds: a deadline that is meant to pass."""
LONG = 10.0

Work = Callable[[PoolManagerClient], Awaitable[Any]]


async def ask(client: PoolManagerClient) -> Any:
    return await client.get_pool_status("p")


async def against(behave: Behaviour, work: Work = ask, *, deadline: float = LONG) -> Any:
    async with serving(behave) as server, PoolManagerClient(server.url, token=TOKEN, deadline=deadline) as client:
        return await work(client)


FAULTS: list[tuple[str, Behaviour, type[PoolManagerError]]] = [
    ("reset", raw_server.resets, ConnectionLost),
    ("closed without a word", sends(b"", then_close=True), ConnectionLost),
    ("not HTTP", sends(b"220 mail.example ESMTP\r\n\r\n", then_close=True), ConnectionLost),
    ("bytes", sends(bytes(range(256)) * 10, then_close=True), ConnectionLost),
    ("headers without end", sends(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, then_close=True), ConnectionLost),
    ("truncated body", sends(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", then_close=True), ConnectionLost),
    ("broken chunks", sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", then_close=True), ConnectionLost),
    ("stalled", raw_server.stalls, TimedOut),
    ("stalled after the headers", sends(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"), TimedOut),
    ("dripped head", drips(raw_answer(200, b"{}", "X-Filler: " + "x" * 1000)), TimedOut),
    ("dripped body", drips(raw_answer(200, b" " * 500)), TimedOut),
    ("only informed", drips(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000), TimedOut),
    ("huge", sends(raw_answer(200, b'"' + b"x" * 5_000_000 + b'"')), ProtocolViolation),
    ("endless", sends(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000_000, then_close=True), ProtocolViolation),
    ("compressed", answers(200, b"\x1f\x8b", "Content-Encoding: gzip"), ProtocolViolation),
    ("not JSON", answers(200, b"<html>hello</html>"), ProtocolViolation),
    ("another pool's", answers(200, status_of("q")), ProtocolViolation),
    ("empty object", answers(200, {}), ProtocolViolation),
    ("an error", answers(500, {"error": "boom"}), Rejected),
    ("an empty error", answers(503, b""), Rejected),
]


@pytest.mark.parametrize(("behave", "error"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_every_fault_is_a_typed_error_within_the_deadline(behave: Behaviour, error: type[PoolManagerError]) -> None:
    """Sandwiched: the same server, asked again once it behaves, gives the right answer."""

    async def run() -> None:
        deadline = SHORT if error is TimedOut else LONG
        async with serving(behave) as server, PoolManagerClient(server.url, deadline=deadline) as client:
            async with asyncio.timeout(GENEROUS):
                with pytest.raises(error):
                    await ask(client)
            server.behave = RIGHT
            assert (await right_again(client)).ready

    asyncio.run(run())


async def right_again(client: PoolManagerClient) -> Any:
    """The first right answer; the pacing allows one after a second at the latest (test_pacing)."""
    right: list[Any] = []

    async def is_right() -> bool:
        try:
            right.append(await ask(client))
        except PoolManagerUnavailable:
            return False
        return True

    await until(is_right)
    return right[0]


def test_a_refused_connection_is_unreachable() -> None:
    async def run() -> None:
        async with PoolManagerClient(f"http://127.0.0.1:{raw_server.free_port()}") as client:
            with pytest.raises(Unreachable, match="refused"):
                await ask(client)

    asyncio.run(run())


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    async def run() -> None:
        async with PoolManagerClient("http://pool-manager.invalid:9200") as client:
            with pytest.raises(Unreachable):
                await ask(client)

    asyncio.run(run())


def test_every_request_says_who_asks_and_what_is_wanted() -> None:
    async def run() -> RawServer:
        async with serving(RIGHT) as server, PoolManagerClient(server.url + "/base/", token=TOKEN) as client:
            await client.get_pool_status("p")
            return server

    [request] = asyncio.run(run()).requests
    assert (request.method, request.target) == ("GET", "/base/pools/p/status")
    assert request.headers["accept"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert len(request.headers["x-correlation-id"]) >= 16


@pytest.mark.parametrize("pool_id", ["a/b", "..", "ü", "%2e%2e", "a b"])
def test_ids_arrive_as_one_segment(pool_id: str) -> None:
    async def run() -> RawServer:
        async with serving(answers(200, status_of(pool_id))) as server, PoolManagerClient(server.url) as client:
            assert (await client.get_pool_status(pool_id)).pool_id == pool_id
            return server

    [request] = asyncio.run(run()).requests
    assert request.target.count("/") == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_token_goes_nowhere(status: int) -> None:
    async def run() -> RawServer:
        async with serving(RIGHT) as thief:
            location = f"Location: {thief.url}/pools/p/status"
            with pytest.raises(ProtocolViolation, match="redirect"):
                await against(answers(status, b"", location))
            return thief

    assert not asyncio.run(run()).connections


def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{raw_server.free_port()}")
    assert asyncio.run(against(RIGHT)).ready


def fails_first(times: int) -> Behaviour:
    failed = 0

    async def behave(exchange: raw_server.Exchange, writer: asyncio.StreamWriter) -> None:
        nonlocal failed
        failed += 1
        await (raw_server.resets if failed <= times else RIGHT)(exchange, writer)

    return behave


def test_a_read_that_was_cut_off_is_repeated() -> None:
    assert asyncio.run(against(fails_first(1))).ready
    assert asyncio.run(against(fails_first(2))).ready


@pytest.mark.parametrize(
    "work",
    [
        lambda client: client.acquire_lease("p", "key"),
        lambda client: client.renew_lease("p", "l"),
        lambda client: client.release_lease("p", "l"),
        lambda client: client.preload_pool("p", {}),
        lambda client: client.delete_pool("p"),
        lambda client: client.drain_pool("p"),
    ],
    ids=["acquire", "renew", "release", "preload", "delete", "drain"],
)
def test_nothing_else_is_repeated(work: Work) -> None:
    async def run() -> RawServer:
        async with serving(raw_server.resets) as server, PoolManagerClient(server.url) as client:
            with pytest.raises(ConnectionLost):
                await work(client)
            return server

    assert len(asyncio.run(run()).requests) == 1


@pytest.mark.parametrize("how", ["reset", "stall", "refuse at once"])
def test_a_hundred_callers_do_not_storm_a_daemon_that_is_down(how: str) -> None:
    """A hundred callers, again and again for more than two seconds: at most five connections begin in any second."""

    lag = Lag()

    async def run() -> RawServer:
        async with serving(raw_server.stalls if how == "stall" else raw_server.resets) as server, lag:
            if how == "refuse at once":
                server.on_connect = raw_server.reset
            async with PoolManagerClient(server.url, deadline=SHORT) as client:
                assert all(isinstance(error, PoolManagerUnavailable) for error in await storm(client, seconds=2.2))
                server.behave, server.on_connect = RIGHT, lambda _: False
                await right_again(client)
                return server

    server = asyncio.run(run())
    down = [moment for moment in server.connections if moment < server.connections[-1]]
    assert down, "nobody asked"
    server.connections = down
    assert server.busiest_second(late=lag.seconds) <= 5


async def storm(client: PoolManagerClient, seconds: float) -> list[BaseException]:
    errors: list[BaseException] = []

    async def caller() -> None:
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            try:
                await ask(client)
            except PoolManagerError as error:
                errors.append(error)
            await asyncio.sleep(0.02)

    await asyncio.gather(*(caller() for _ in range(100)))
    return errors


def test_a_daemon_that_is_up_serves_a_hundred_callers_at_once() -> None:
    async def run() -> tuple[list[Any], RawServer]:
        async with serving(RIGHT) as server, PoolManagerClient(server.url, deadline=6 * LONG) as client:
            return await asyncio.gather(*(ask(client) for _ in range(100))), server

    answered, server = asyncio.run(run())
    assert all(status.ready for status in answered)
    assert len(server.requests) == 100


def test_back_within_a_second_after_a_restart_on_the_same_port() -> None:
    async def run() -> None:
        async with serving(RIGHT) as server:
            client = PoolManagerClient(server.url)
            assert (await ask(client)).ready
        with pytest.raises(PoolManagerUnavailable):
            await ask(client)
        async with serving(RIGHT, port=server.port):
            assert (await right_again(client)).ready
        await client.aclose()

    asyncio.run(run())


def test_a_cancelled_call_leaves_the_client_usable() -> None:
    async def run() -> None:
        async with serving(raw_server.stalls) as server, PoolManagerClient(server.url) as client:
            call = asyncio.create_task(client.get_pool_status("p"))
            await server.asked.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            server.behave = RIGHT
            assert (await ask(client)).ready

    asyncio.run(run())


def test_is_available_raises_nothing() -> None:
    async def available(client: PoolManagerClient) -> bool:
        return await client.is_available()

    assert asyncio.run(against(answers(200, {"status": "ok", "version": "1"}), available))
    for behave in (answers(200, {}), answers(500, {}), raw_server.resets, raw_server.stalls):
        assert not asyncio.run(against(behave, available, deadline=SHORT))


def test_a_preload_may_take_as_long_as_it_was_told_to_wait() -> None:
    async def late(exchange: raw_server.Exchange, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * SHORT)
        await answers(200, {"pool_id": "p", "pid": 7, "handoff_path": "/x"})(exchange, writer)

    async def preload(client: PoolManagerClient) -> Any:
        return await client.preload_pool("p", {}, wait=5)

    assert asyncio.run(against(late, preload, deadline=SHORT)).pid == 7


def test_the_sync_twin_says_the_same_and_keeps_the_same_deadline() -> None:
    async def run() -> None:
        async with serving(RIGHT) as server:
            with SyncPoolManagerClient(server.url, token=TOKEN, deadline=SHORT) as client:
                assert (await asyncio.to_thread(client.get_pool_status, "p")).ready
                server.behave = drips(raw_answer(200, b" " * 500))
                async with asyncio.timeout(GENEROUS):
                    with pytest.raises(TimedOut):
                        await asyncio.to_thread(client.get_pool_status, "p")
                assert not await asyncio.to_thread(client.is_available)

    asyncio.run(run())


def test_the_sync_twin_offers_every_call() -> None:
    calls = {name for name in vars(PoolManagerClient) if not name.startswith("_")}
    assert {name for name in vars(SyncPoolManagerClient) if not name.startswith("_")} == calls - {"aclose"} | {"close"}


def test_a_closed_sync_twin_says_so() -> None:
    client = SyncPoolManagerClient()
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.daemon_health()


def test_a_call_that_had_no_time_says_nothing_about_the_daemon() -> None:
    async def run() -> None:
        async with serving(raw_server.stalls) as server, PoolManagerClient(server.url, deadline=0.05) as client:
            for _ in range(2):
                with pytest.raises(TimedOut):
                    await ask(client)
            assert len(server.requests) == 2, "the second call was refused without being tried"

    asyncio.run(run())


def test_a_caller_that_gives_up_its_turn_passes_it_on() -> None:
    """Four calls hold every place; of two that wait the first is cancelled the moment it is woken."""

    async def run() -> None:
        answer = asyncio.Event()

        async def held(exchange: raw_server.Exchange, writer: asyncio.StreamWriter) -> None:
            await answer.wait()
            await RIGHT(exchange, writer)

        async with serving(held) as server, PoolManagerClient(server.url, deadline=LONG) as client:
            calls = [asyncio.create_task(client.get_pool_status("p")) for _ in range(6)]
            await server.asked.wait()
            answer.set()
            await calls[0]
            calls[4].cancel()
            assert all(status.ready for status in await asyncio.gather(*calls[:4], calls[5]))

    asyncio.run(run())
