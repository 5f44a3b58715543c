import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable

import pytest

from poolpact import exchange
from poolpact.exchange import ExchangeFailed, RawAnswer, over_socket
from poolpact.faults import FaultProxy, Reply, Request, over_http
from poolpact.faults.faults import Fault, FirstDo, HangUp, Late, Redirect, Refuse, Reset, Stall, Withhold, having, without
from poolpact.faults.troubles import asks_for_a_lease, trouble
from poolpact.faults.wire import Connection, Listener

RIGHT = {"pool_id": "p", "ready": True}


class Upstream:
    """Answers the same to everything (RIGHT, at first) and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.reply = Reply.of_json(200, RIGHT, x_more="yes")
        self.listener = Listener(self._serve)

    async def _serve(self, connection: Connection) -> None:
        while (request := await connection.receive()) is not None:
            self.seen.append(request)
            await connection.reply(self.reply)
            if not connection.keeps_alive:
                return


def with_proxy(scenario: Callable[[FaultProxy, Upstream], Awaitable[None]]) -> None:
    async def run() -> None:
        upstream = Upstream()
        await upstream.listener.start()
        proxy = FaultProxy(over_http(f"http://127.0.0.1:{upstream.listener.port}"))
        await proxy.start()
        try:
            async with asyncio.timeout(20):
                await scenario(proxy, upstream)
        finally:
            await proxy.close()
            await upstream.listener.close()

    asyncio.run(run())


async def ask(proxy: FaultProxy, target: str = "/pools/p/status", method: str = "GET", body: bytes | None = None) -> RawAnswer:
    answer = await over_socket(proxy.url, method, target, {"authorization": "Bearer t"}, body)
    if not answer.status:
        raise ExchangeFailed("hung up")
    return answer


async def assert_right(proxy: FaultProxy) -> None:
    answer = await ask(proxy)
    assert (answer.status, json.loads(answer.body)) == (200, RIGHT)


def test_without_a_fault_it_is_invisible_and_remembers() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        answer = await ask(proxy, "/pools/a%2Fb/../x?y=%20", "PUT", b"body")
        assert (answer.status, json.loads(answer.body), answer.headers["x-more"]) == (200, RIGHT, "yes")
        [passed], [seen] = upstream.seen, proxy.requests
        assert (passed.method, passed.target, passed.body) == ("PUT", "/pools/a%2Fb/../x?y=%20", b"body")
        assert (seen.target, seen.header("Authorization"), seen.body) == ("/pools/a%2Fb/../x?y=%20", "Bearer t", b"body")
        assert len(proxy.connections) == 1
        proxy.forget()
        assert not proxy.requests
        assert not proxy.connections

    with_proxy(scenario)


@pytest.mark.parametrize("sentence", ["refuses connections", "resets connections", "hangs up without an answer"])
def test_a_fault_of_the_connection_ends_when_told(sentence: str) -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await assert_right(proxy)
        await proxy.misbehave(trouble(sentence))
        for _ in range(3):
            with pytest.raises(ExchangeFailed):
                await ask(proxy)
        assert len(upstream.seen) == 1
        await proxy.behave()
        await assert_right(proxy)

    with_proxy(scenario)


def test_while_it_refuses_nobody_else_gets_its_port() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(Refuse())
        port = int(proxy.url.rsplit(":", 1)[1])
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))

    with_proxy(scenario)


def test_resets_are_counted_as_connections() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(Reset())
        for _ in range(3):
            with pytest.raises(ExchangeFailed):
                await ask(proxy)
        assert len(proxy.connections) == 3
        assert not proxy.requests

    with_proxy(scenario)


def test_a_refusal_resets_what_is_open() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rsplit(":", 1)[1]))
        writer.write(b"GET /x HTTP/1.1\r\nhost: h\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(json.dumps(RIGHT)))
        await proxy.misbehave(Refuse())
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    with_proxy(scenario)


@pytest.mark.parametrize("fault", [Stall(), Withhold(), trouble("answers a byte at a time"), trouble("never stops answering")])
def test_a_fault_that_never_ends_ends_when_the_proxy_behaves(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_BYTES", sys.maxsize)

    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(fault)
        asked = asyncio.create_task(ask(proxy))
        done, _ = await asyncio.wait({asked}, timeout=0.05)
        assert not done
        await proxy.behave()
        with pytest.raises(ExchangeFailed):
            await asked
        await assert_right(proxy)

    with_proxy(scenario)


@pytest.mark.parametrize(("performed", "asked"), [(True, 1), (False, 0)])
def test_a_lost_answer_is_to_something_that_was_done_or_was_not(performed: bool, asked: int) -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(HangUp(performed=performed))
        with pytest.raises(ExchangeFailed):
            await ask(proxy)
        assert len(upstream.seen) == asked

    with_proxy(scenario)


@pytest.mark.parametrize("sentence", ["breaks off in the middle", "talks no HTTP"])
def test_half_an_answer_and_rubbish_are_no_answer(sentence: str) -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(trouble(sentence))
        with pytest.raises(ExchangeFailed):
            await ask(proxy)

    with_proxy(scenario)


def test_an_answer_without_a_body_breaks_off_in_its_headers() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        upstream.reply = Reply(204, {"x-more": "yes"})
        assert (await ask(proxy)).status == 204
        await proxy.misbehave(trouble("breaks off in the middle"))
        with pytest.raises(ExchangeFailed):
            await ask(proxy)

    with_proxy(scenario)


def test_a_late_answer_is_to_something_that_was_done_at_once() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(Late(3600.0))
        asked = asyncio.create_task(ask(proxy))
        while not upstream.seen:
            done, _ = await asyncio.wait({asked}, timeout=0.01)
            assert not done
        await proxy.misbehave(Late(0.0))
        await assert_right(proxy)
        await proxy.behave()
        with pytest.raises(ExchangeFailed):
            await asked

    with_proxy(scenario)


def test_a_late_fault_does_nothing_before() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(Late(0.0, HangUp()))
        with pytest.raises(ExchangeFailed):
            await ask(proxy)
        assert not upstream.seen

    with_proxy(scenario)


def test_the_answer_to_a_head_has_no_body_and_the_connection_goes_on() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rsplit(":", 1)[1]))
        for _ in range(2):
            writer.write(b"HEAD /x HTTP/1.1\r\nhost: h\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /x HTTP/1.1\r\nhost: h\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert json.loads(await reader.readexactly(len(json.dumps(RIGHT)))) == RIGHT
        writer.close()

    with_proxy(scenario)


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (trouble("answers with status 204"), 204, b""),
        (trouble("answers with the JSON null"), 200, b"null"),
        (trouble("answers with an empty body"), 200, b""),
        (without("ready"), 200, b'{"pool_id": "p"}'),
        (having("ready", "yes"), 200, b'{"pool_id": "p", "ready": "yes"}'),
    ],
)
def test_another_answer(fault: Fault, status: int, body: bytes) -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(fault)
        answer = await ask(proxy)
        assert (answer.status, answer.body) == (status, body)

    with_proxy(scenario)


def test_a_refusal_by_status_is_a_problem() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(trouble("answers with status 503"))
        answer = await ask(proxy)
        assert answer.status == 503
        assert json.loads(answer.body)["status"] == 503

    with_proxy(scenario)


def test_a_redirect_leads_to_the_same_path_elsewhere() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(Redirect("http://127.0.0.1:1/", 308))
        answer = await ask(proxy)
        assert (answer.status, answer.headers["location"]) == (308, "http://127.0.0.1:1/pools/p/status")

    with_proxy(scenario)


def test_a_fault_may_be_for_some_requests_only() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        await proxy.misbehave(trouble("answers with status 500"), asks_for_a_lease)
        await assert_right(proxy)
        assert (await ask(proxy, "/pools/p/leases", "POST")).status == 500
        assert (await ask(proxy, "/pools/p/leases/1", "PUT", b"{}")).status == 200

    with_proxy(scenario)


def test_somebody_else_may_act_first() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        asked_before: list[int] = []

        async def act() -> None:
            asked_before.append(len(upstream.seen))

        await proxy.misbehave(FirstDo(act))
        await assert_right(proxy)
        await assert_right(proxy)
        assert (asked_before, len(upstream.seen)) == ([0], 2)

    with_proxy(scenario)


def test_a_dead_upstream_is_a_reset() -> None:
    async def scenario(proxy: FaultProxy, upstream: Upstream) -> None:
        upstream.listener.refuse()
        with pytest.raises(ExchangeFailed):
            await ask(proxy)

    with_proxy(scenario)


def test_an_unknown_sentence_is_an_error() -> None:
    with pytest.raises(KeyError):
        trouble("misbehaves")
