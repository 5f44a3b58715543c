"""The reference's orchestrator with a stub as its pool manager: what a developer of another one does."""

import asyncio
import json
from typing import Any

import pytest

from poolpact.event_stream import SseEvent
from poolpact.in_process import InProcessStarter
from poolpact.logbook import LogBook
from poolpact.targets.base import Answer, OrchestratorTarget, StartRefused
from tests.poolpact.stub.stubs import LONG, Played, played, run


class Orchestrated:
    """An orchestrator that asks a stub."""

    def __init__(self, subject: OrchestratorTarget) -> None:
        self._subject = subject

    async def stream(self, pool_id: str, count: int) -> list[SseEvent]:
        """Every event of a task."""
        body = json.dumps({"pool_id": pool_id, "prompt": "once", "max_tokens": count}).encode()
        accepted = await self._subject.send("POST", "/v1/tasks", body=body, headers={"content-type": "application/json"})
        assert accepted.status == 202
        stream = await self._subject.open_stream(accepted.json()["task_id"])
        assert not isinstance(stream, Answer)
        events = []
        while (event := await stream.next(LONG)) is not None:
            events.append(event)
        await stream.close()
        return events

    async def health(self, pool_id: str) -> Any:
        return (await self._subject.send("GET", f"/v1/pools/{pool_id}/health")).json()


async def orchestrated(stub: Played, starter: InProcessStarter) -> Orchestrated:
    settings = {
        "POOL_MANAGER_MODE": "remote",
        "POOL_MANAGERD_URL": stub.stub.url,
        "POOL_MANAGERD_TOKEN": "secret",
        "ORCHESTRATORD_DEADLINE_MS": "400",
    }
    subject = await starter.start(settings)
    assert not isinstance(subject, StartRefused), subject
    return Orchestrated(subject)


def test_tokens_of_a_stub_are_streamed_and_the_lease_is_given_back() -> None:
    async def scenario() -> None:
        starter = InProcessStarter(_log())
        async with played("p=ready,slots=2,free=1", token="secret", pace=0.001) as stub:
            orchestrator = await orchestrated(stub, starter)
            events = await orchestrator.stream("p", 5)
            assert [event.event for event in events] == ["started", *["token"] * 5, "end"]
            assert [event.data["t"] for event in events[1:-1]] == ["the", " quick", " brown", " fox", " jumps"]
            assert ("POST", "/pools/p/leases", 201) in [(each.method, each.target, each.status) for each in stub.told]
            await stub.until("p", active_leases=1)
            await starter.aclose()

    run(scenario)


@pytest.mark.parametrize("told", ["p=ready,free=0", "p=loading", "p=failed,error=CUDA out of memory", "q=ready"])
def test_a_pool_that_cannot_serve_is_unready(told: str) -> None:
    async def scenario() -> None:
        starter = InProcessStarter(_log())
        async with played(told, token="secret") as stub:
            events = await (await orchestrated(stub, starter)).stream("p", 1)
            assert [(event.event, event.data.get("code")) for event in events] == [("error", "PoolUnready"), ("end", None)]
            await starter.aclose()

    run(scenario)


def test_a_fault_is_a_pool_that_is_not_ready_and_afterwards_it_is() -> None:
    async def scenario() -> None:
        starter = InProcessStarter(_log())
        async with played("p=ready", faults=["status:malformed,times=1"], token="secret") as stub:
            orchestrator = await orchestrated(stub, starter)
            assert (await orchestrator.health("p"))["ready"] is False
            async with asyncio.timeout(LONG):
                while not (await orchestrator.health("p"))["ready"]:
                    pass
            await starter.aclose()

    run(scenario)


def _log() -> LogBook:
    log = LogBook()
    log.open()
    return log
