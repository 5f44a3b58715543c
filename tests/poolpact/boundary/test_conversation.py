import asyncio
import json
from typing import Any, cast

import pytest

from poolpact.boundary.conversation import PoolHealth, Work, encoded, leave_task
from poolpact.event_stream import SseEvent
from poolpact.targets.base import Answer

RIGHT = {"live": True, "ready": False, "draining": False, "metrics": {"queue_depth": 2}, "last_error": None, "source": "remote"}
REFUSAL = {"code": "PoolUnready", "message": "why", "retry_after_ms": 1000}


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(value).encode(), 0.5, "the question")


def work(*events: tuple[str, Any], tokens: int = 2) -> Work:
    return Work(cast(Any, None), "task", tokens, [SseEvent(name, data) for name, data in events], ended=True)


def test_the_health_of_a_pool() -> None:
    health = PoolHealth.of(answer(RIGHT))
    assert (health.condition, health.queue_depth, health.source, health.elapsed) == ("live and not ready", 2, "remote", 0.5)


@pytest.mark.parametrize(
    "change",
    [{"live": 1}, {"ready": None}, {"draining": "no"}, {"metrics": {}}, {"metrics": {"queue_depth": True}}, {"source": None}],
)
def test_what_is_no_health(change: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match=next(iter(change)).replace("metrics", "queue_depth")):
        PoolHealth.of(answer(RIGHT | change))


@pytest.mark.parametrize(("value", "status"), [(RIGHT, 503), ({}, 200), ([], 200), (None, 404)])
def test_what_is_no_answer_for_a_health(value: Any, status: int) -> None:
    with pytest.raises(AssertionError, match="the question"):
        PoolHealth.of(answer(value, status))


@pytest.mark.parametrize(("pool_id", "segment"), [("a/b", "a%2Fb"), ("..", "%2E%2E"), ("a.b", "a.b"), ("ä %", "%C3%A4%20%25")])
def test_an_id_is_one_segment(pool_id: str, segment: str) -> None:
    assert encoded(pool_id) == segment


class RefusingOrchestrator:
    """Opens no stream."""

    async def open_stream(self, task_id: str) -> Answer:
        return answer({"code": "PoolUnready"}, 503)


def test_that_a_stream_is_refused_is_for_its_reader_to_judge() -> None:
    async def scenario() -> None:
        offered = Work(cast(Any, RefusingOrchestrator()), "task", 2)
        await offered.try_to_open()
        for read in (offered.to_the_end, offered.until_token, offered.until_decided):
            with pytest.raises(AssertionError, match="the stream was refused with 503"):
                await read()

    asyncio.run(scenario())


TOKENS = [("token", {"t": "a", "i": 0}), ("token", {"t": "b", "i": 1})]


def test_delivered_work() -> None:
    work(("started", {}), *TOKENS, ("end", {"tokens_out": 2})).assert_delivered()


@pytest.mark.parametrize(
    "events",
    [
        [],
        [("started", {}), *TOKENS],
        [("started", {}), *TOKENS, ("end", {"tokens_out": 3})],
        [("started", {}), *reversed(TOKENS), ("end", {"tokens_out": 2})],
        [("started", {}), TOKENS[0], ("end", {"tokens_out": 1})],
        [("started", {}), TOKENS[0], ("token", {"t": None, "i": 1}), ("end", {"tokens_out": 2})],
        [("error", REFUSAL), ("end", {})],
    ],
)
def test_work_that_was_not_delivered(events: list[tuple[str, Any]]) -> None:
    with pytest.raises(AssertionError):
        work(*events).assert_delivered()


def test_refused_work() -> None:
    work(("error", REFUSAL), ("end", {})).assert_refused()


@pytest.mark.parametrize(
    "events",
    [
        [],
        [("error", REFUSAL)],
        [("started", {}), ("error", REFUSAL), ("end", {})],
        [("error", REFUSAL | {"code": "EngineFailed"}), ("end", {})],
        [("error", REFUSAL | {"message": ""}), ("end", {})],
        [("error", REFUSAL | {"retry_after_ms": 0}), ("end", {})],
        [("error", REFUSAL | {"retry_after_ms": True}), ("end", {})],
        [("error", REFUSAL | {"retry_after_ms": "1000"}), ("end", {})],
    ],
)
def test_what_is_no_refusal(events: list[tuple[str, Any]]) -> None:
    with pytest.raises(AssertionError):
        work(*events).assert_refused()


@pytest.mark.parametrize("data", [None, "text", [1], 7])
@pytest.mark.parametrize("name", ["token", "error", "end"])
def test_data_of_another_shape_are_what_a_step_finds_wrong(name: str, data: Any) -> None:
    with pytest.raises(AssertionError, match="no JSON object"):
        work(("started", {}), ("token", data if name == "token" else TOKENS[0][1]), ("end", data), tokens=1).assert_delivered()
    with pytest.raises(AssertionError, match="no JSON object"):
        work(("error", data), ("end", {})).assert_refused()


@pytest.mark.parametrize("said", [[], None, "task", {}, {"task_id": 7}, {"task_id": "\ud800"}, {"task_id": None}])
def test_what_is_no_answer_for_a_task(said: Any) -> None:
    class Subject:
        async def send(self, *_: Any, **__: Any) -> Answer:
            return answer(said, 202)

    with pytest.raises(AssertionError, match="no task_id"):
        asyncio.run(leave_task(cast(Any, Subject()), "pool"))


def test_a_stream_that_goes_on_and_on_is_given_up() -> None:
    class Endless:
        async def next(self, within: float) -> SseEvent:
            return SseEvent("ping", {})

    class Subject:
        async def open_stream(self, task_id: str) -> Any:
            return Endless()

    with pytest.raises(AssertionError, match="goes on and on"):
        asyncio.run(Work(cast(Any, Subject()), "task", 1).to_the_end())


def test_what_is_shown_is_one_line_that_ends() -> None:
    health = PoolHealth.of(answer(RIGHT | {"last_error": "x\n" * 10_000}))
    assert len(f"{health}") < 500
    assert "\n" not in f"{health}"
