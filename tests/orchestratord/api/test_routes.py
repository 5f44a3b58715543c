"""The API: pool health, tasks, streams, and what is refused."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from orchestratord.api.hosts import HostRule
from orchestratord.api.routes import create_app
from orchestratord.clock import SystemClock
from orchestratord.dispatch import Dispatcher
from orchestratord.engine_client import EngineClient
from orchestratord.pool_manager.protocol import PoolView
from orchestratord.tasks import TaskRegistry
from tests.orchestratord.engine import Engine, running
from tests.orchestratord.scripted import ScriptedPoolManager, ready
from tests.orchestratord.served import in_process, served
from tests.orchestratord.waiting import GENEROUS


class Bench:
    """An orchestrator with one pool, its engine, and a client."""

    def __init__(self, client: httpx.AsyncClient, manager: ScriptedPoolManager, engine: Engine) -> None:
        self.client = client
        self.manager = manager
        self.engine = engine

    async def add(self, **changes: Any) -> str:
        answer = await self.client.post("/v1/tasks", json={"pool_id": "p", "prompt": "hello", "max_tokens": 3, **changes})
        assert answer.status_code == 202
        task_id: str = answer.json()["task_id"]
        assert answer.headers["location"] == f"/v1/tasks/{task_id}/stream"
        return task_id

    async def queue_depth(self, pool_id: str = "p") -> int:
        depth: int = (await self.client.get(f"/v1/pools/{pool_id}/health")).json()["metrics"]["queue_depth"]
        return depth


@contextlib.asynccontextmanager
async def bench(*, on_a_port: bool = True) -> AsyncIterator[Bench]:
    """Behind a real port, or in process where nothing streams."""
    async with running(Engine()) as engine:
        manager, engines = ScriptedPoolManager(ready(engine.url)), EngineClient()
        numbers = itertools.count()
        dispatcher = Dispatcher(manager, engines, SystemClock())
        tasks = TaskRegistry(lambda: f"t{next(numbers)}")
        app = create_app(manager, dispatcher, tasks, SystemClock(), HostRule("127.0.0.1", ("gate.example",)))
        async with served(app) if on_a_port else in_process(app) as client:
            yield Bench(client, manager, engine)
        await dispatcher.aclose()
        await engines.aclose()


def events_of(text: str) -> list[tuple[str, Any]]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["code"] == code
    assert document["status"] == status
    assert {"type", "title", "detail", "instance"} <= set(document)
    return document


def test_its_own_health() -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            answer = await it.client.get("/health")
            assert answer.json()["status"] == "ok"
            assert answer.json()["version"]

    asyncio.run(run())


def test_a_pools_health() -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            answer = await it.client.get("/v1/pools/p/health")
            assert answer.status_code == 200
            assert answer.json() == {
                "live": True,
                "ready": True,
                "draining": False,
                "metrics": {"queue_depth": 0},
                "last_error": None,
                "source": "remote",
            }
            it.manager.view = PoolView("p", "embedded", last_error="why")
            answer = await it.client.get("/v1/pools/p/health")
            assert (answer.json()["live"], answer.json()["last_error"], answer.json()["source"]) == (False, "why", "embedded")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("raw", "pool_id"),
    [("a%2Fb", "a/b"), ("%2e%2e", ".."), ("%C3%BC", "ü"), ("", ""), ("%00", "\0"), ("a%252Fb", "a%2Fb"), ("x" * 300, "x" * 300)],
)
def test_any_id_is_answered(raw: str, pool_id: str) -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            it.manager.view = PoolView("p", "remote", last_error="unknown")
            url = httpx.URL(it.client.base_url).copy_with(raw_path=f"/v1/pools/{raw}/health".encode())
            answer = await it.client.get(url)
            assert answer.status_code == 200
            assert answer.json()["last_error"] == "unknown"

    asyncio.run(run())


def test_a_task_streams_its_tokens() -> None:
    async def run() -> None:
        async with bench() as it:
            task_id = await it.add()
            answer = await it.client.get(f"/v1/tasks/{task_id}/stream")
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert events_of(answer.text) == [
                ("started", {}),
                *(("token", {"t": text, "i": number}) for number, text in enumerate("abc")),
                ("end", {"tokens_out": 3}),
            ]
            assert not it.manager.leases

    asyncio.run(run())


def test_text_of_any_kind_stays_in_one_line_of_data() -> None:
    async def run() -> None:
        async with bench() as it:
            it.engine.tokens = ["\n\n", "data: x\r", "\u2028", "ü", "\ud800"]
            answer = await it.client.get(f"/v1/tasks/{await it.add()}/stream")
            tokens = [data["t"] for event, data in events_of(answer.text) if event == "token"]
            assert tokens == ["\n\n", "data: x\r", "\u2028", "ü", "?"]

    asyncio.run(run())


def test_an_unready_pool_is_an_event_not_a_status() -> None:
    async def run() -> None:
        async with bench() as it:
            it.manager.slots = 0
            answer = await it.client.get(f"/v1/tasks/{await it.add()}/stream")
            assert answer.status_code == 200
            [(first, error), last] = events_of(answer.text)
            assert (first, error["code"], error["retry_after_ms"]) == ("error", "PoolUnready", 250)
            assert last == ("end", {})

    asyncio.run(run())


def test_a_stream_is_opened_once_and_an_unknown_one_never() -> None:
    async def run() -> None:
        async with bench() as it:
            task_id = await it.add()
            assert (await it.client.get(f"/v1/tasks/{task_id}/stream")).status_code == 200
            problem(await it.client.get(f"/v1/tasks/{task_id}/stream"), 409, "task_already_opened")
            problem(await it.client.get("/v1/tasks/nope/stream"), 404, "unknown_task")

    asyncio.run(run())


def test_a_client_that_hangs_up_frees_the_slot() -> None:
    async def run() -> None:
        async with bench() as it:
            it.engine.released.clear()
            task_id = await it.add()
            assert await it.queue_depth() == 1
            async with it.client.stream("GET", f"/v1/tasks/{task_id}/stream") as answer:
                async for line in answer.aiter_lines():
                    if line == "event: token":
                        break
                assert it.manager.leases
            async with asyncio.timeout(GENEROUS):
                await it.manager.released.wait()
                await it.engine.hung_up.wait()
            assert not it.manager.leases
            assert await it.queue_depth() == 0

    asyncio.run(run())


def test_streams_run_side_by_side() -> None:
    async def run() -> None:
        async with bench() as it:
            it.manager.slots = 3
            ids = [await it.add() for _ in range(5)]
            answers = await asyncio.gather(*(it.client.get(f"/v1/tasks/{task_id}/stream") for task_id in ids))
            ends = sorted(events_of(answer.text)[-2][0] for answer in answers)
            assert ends.count("token") >= 3
            assert set(ends) <= {"token", "error"}
            assert not it.manager.leases

    asyncio.run(run())


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "x", "max_tokens": 1},
        {"pool_id": "p", "max_tokens": 1},
        {"pool_id": "p", "prompt": "x"},
        {"pool_id": 7, "prompt": "x", "max_tokens": 1},
        {"pool_id": "", "prompt": "x", "max_tokens": 1},
        {"pool_id": "p", "prompt": None, "max_tokens": 1},
        {"pool_id": "p", "prompt": "x", "max_tokens": "1"},
        {"pool_id": "p", "prompt": "x", "max_tokens": True},
        {"pool_id": "p", "prompt": "x", "max_tokens": 1.5},
        {"pool_id": "p", "prompt": "x", "max_tokens": 0},
        {"pool_id": "p", "prompt": "x", "max_tokens": 2**40},
        [],
        None,
        "text",
    ],
)
def test_a_task_that_does_not_fit_is_refused(body: Any) -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            document = problem(
                await it.client.post("/v1/tasks", content=json.dumps(body), headers={"Content-Type": "application/json"}),
                422,
                "invalid_request",
            )
            assert all(each["location"].startswith("body") and each["message"] for each in document["errors"])
            assert await it.queue_depth() == 0
            await it.add()

    asyncio.run(run())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 10_000, b'{"pool_id": "\\ud800", "prompt": "", "max_tokens": 1}'])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            answer = await it.client.post("/v1/tasks", content=body, headers={"Content-Type": "application/json"})
            problem(answer, 400, "malformed_json")

    asyncio.run(run())


def test_a_body_that_does_not_say_it_is_json_is_refused() -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            good = json.dumps({"pool_id": "p", "prompt": "x", "max_tokens": 1}).encode()
            for headers in ({"Content-Type": "text/plain"}, {"Content-Type": ""}, {}):
                problem(await it.client.post("/v1/tasks", content=good, headers=headers), 415, "unsupported_media_type")
            headers = {"Content-Type": "application/json; charset=utf-8"}
            assert (await it.client.post("/v1/tasks", content=good, headers=headers)).status_code == 202

    asyncio.run(run())


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_ten_megabytes_is_refused(chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"x" * 65536

    async def run() -> None:
        async with bench() as it:
            content = pieces() if chunked else b"x" * 10 * 1024 * 1024
            answer = await it.client.post("/v1/tasks", content=content, headers={"Content-Type": "application/json"})
            problem(answer, 413, "body_too_large")
            await it.add()

    asyncio.run(run())


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.0.0.1", "a:b:c"])
def test_a_host_that_is_not_this_server_is_refused(host: str) -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            for path in ("/health", "/v1/pools/p/health"):
                problem(await it.client.get(path, headers={"Host": host}), 421, "misdirected_host")

    asyncio.run(run())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "[::1]:8080", "LOCALHOST", "gate.example:443", "127.9.9.9"])
def test_a_host_that_is_this_server_is_served(host: str) -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            assert (await it.client.get("/health", headers={"Host": host})).status_code == 200

    asyncio.run(run())


def test_what_is_not_served_is_a_problem() -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            problem(await it.client.get("/nope"), 404, "not_found")
            problem(await it.client.get("/v1/pools/p/health/"), 404, "not_found")
            problem(await it.client.get("/docs"), 404, "not_found")
            answer = await it.client.delete("/v1/tasks")
            problem(answer, 405, "method_not_allowed")
            assert answer.headers["allow"] == "POST"

    asyncio.run(run())


def test_looking_at_a_stream_does_not_open_it() -> None:
    async def run() -> None:
        async with bench() as it:
            path = f"/v1/tasks/{await it.add()}/stream"
            answer = await it.client.head(path)
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
            assert (await it.client.get(path)).status_code == 200

    asyncio.run(run())


def test_a_defect_is_a_problem_without_details(capfd: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:

            async def broken(pool_id: str) -> PoolView:
                raise RuntimeError("a secret")

            it.manager.health = broken  # type: ignore[method-assign]
            answer = await it.client.get("/v1/pools/p/health")
            problem(answer, 500, "internal_error")
            assert "secret" not in answer.text

    asyncio.run(run())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Correlation-Id": "abc 123"}, "abc 123"),
        ({"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}, "4bf92f3577b34da6a3ce929d0e0e4736"),
        ({"X-Correlation-Id": "x" * 129}, None),
        ({}, None),
    ],
)
def test_every_answer_has_a_correlation_id(headers: dict[str, str], expected: str | None) -> None:
    async def run() -> None:
        async with bench(on_a_port=False) as it:
            answered = (await it.client.get("/health", headers=headers)).headers["x-correlation-id"]
            assert answered == expected if expected else len(answered) == 32

    asyncio.run(run())
