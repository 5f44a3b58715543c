"""The whole orchestrator in remote mode, behind a real port, against pool managers that behave badly."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from orchestratord.app import build
from orchestratord.settings import Settings
from tests.orchestratord import raw_server
from tests.orchestratord.engine import Engine, running
from tests.orchestratord.raw_server import Behaviour, Exchange, RawServer, answers, drips, raw_answer, sends, serving, status_of
from tests.orchestratord.served import served
from tests.orchestratord.waiting import GENEROUS, until

TOKEN = "t0ken-of-the-test"
DEADLINE = 0.4


@contextlib.asynccontextmanager
async def orchestrator(url: str, deadline: float = DEADLINE) -> AsyncIterator[httpx.AsyncClient]:
    it = build(Settings(pool_manager_url=url, pool_manager_token=TOKEN, deadline=deadline))
    await it.start()
    try:
        async with served(it.app) as client:
            yield client
    finally:
        await it.aclose()


@pytest.mark.parametrize(
    "behave",
    [
        raw_server.resets,
        raw_server.stalls,
        drips(raw_answer(200, b" " * 1000)),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", then_close=True),
        sends(b"rubbish\r\n\r\n", then_close=True),
        answers(200, {}),
        answers(200, status_of("q")),
        answers(302, b"", "Location: http://127.0.0.1:1/"),
        answers(401, {"code": "unauthorised"}),
        answers(404, {}),
        answers(500, b"boom"),
    ],
)
def test_whatever_the_pool_manager_does_the_answer_is_200_and_in_time(behave: Behaviour) -> None:
    """Sandwiched: right, fault, right again."""

    async def run() -> None:
        right = answers(200, status_of("p"))
        async with serving(right) as server, orchestrator(server.url) as client:

            async def is_ready() -> bool:
                return bool((await client.get("/v1/pools/p/health")).json()["ready"])

            assert await is_ready()
            server.behave = behave
            async with asyncio.timeout(GENEROUS):
                answer = await client.get("/v1/pools/p/health")
            assert answer.status_code == 200
            assert (answer.json()["live"], answer.json()["ready"]) == (False, False)
            assert answer.json()["last_error"]
            assert TOKEN not in answer.text
            server.behave = right
            await until(is_ready)

    asyncio.run(run())


def test_the_correlation_id_goes_along_to_the_pool_manager() -> None:
    async def run() -> RawServer:
        async with serving(answers(200, status_of("p"))) as server, orchestrator(server.url) as client:
            await client.get("/v1/pools/p/health", headers={"X-Correlation-Id": "one request"})
            return server

    [request] = asyncio.run(run()).requests
    assert request.headers["x-correlation-id"] == "one request"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


class Daemon:
    """A right pool manager with one pool of one slot."""

    def __init__(self, engine_url: str) -> None:
        self.engine_url = engine_url
        self.leased = 0
        self.released = asyncio.Event()

    async def __call__(self, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        if exchange.method == "GET":
            status = status_of("p", url=self.engine_url, active_leases=self.leased, slots_free=1 - self.leased)
            await answers(200, status)(exchange, writer)
        elif exchange.method == "POST":
            self.leased += 1
            lease = {"lease_id": "l", "pool_id": "p", "expires_at": "2100-01-01T00:00:00Z", "ttl": 30}
            await answers(201, lease)(exchange, writer)
        elif exchange.method == "DELETE":
            self.leased = 0
            self.released.set()
            await sends(b"HTTP/1.1 204 No Content\r\n\r\n")(exchange, writer)


async def add(client: httpx.AsyncClient) -> str:
    answer = await client.post("/v1/tasks", json={"pool_id": "p", "prompt": "hello", "max_tokens": 3})
    return f"/v1/tasks/{answer.json()['task_id']}/stream"


def test_a_task_from_end_to_end_and_a_second_one_meanwhile() -> None:
    async def run() -> None:
        engine = Engine(["x"])
        engine.released.clear()
        async with running(engine):
            daemon = Daemon(engine.url)
            async with serving(daemon) as server, orchestrator(server.url, GENEROUS) as client:
                async with client.stream("GET", await add(client)) as stream:
                    lines = stream.aiter_lines()
                    while await anext(lines) != "event: token":
                        pass
                    refused = (await client.get(await add(client))).text
                    assert "PoolUnready" in refused
                    assert len(engine.prompts) == 1
                    engine.released.set()
                    rest = [line async for line in lines]
                assert 'data: {"tokens_out":1}' in rest
                assert daemon.leased == 0
                keys = [request.headers["idempotency-key"] for request in server.requests if request.method == "POST"]
                assert len(keys) == 1

    asyncio.run(run())


def test_hanging_up_gives_the_slot_back_to_the_daemon() -> None:
    async def run() -> None:
        engine = Engine()
        engine.released.clear()
        async with running(engine):
            daemon = Daemon(engine.url)
            async with serving(daemon) as server, orchestrator(server.url, GENEROUS) as client:
                async with client.stream("GET", await add(client)) as stream:
                    async for line in stream.aiter_lines():
                        if line.startswith("data: ") and "t" in json.loads(line.removeprefix("data: ")):
                            break
                async with asyncio.timeout(GENEROUS):
                    await daemon.released.wait()
                    await engine.hung_up.wait()
                assert daemon.leased == 0

    asyncio.run(run())
