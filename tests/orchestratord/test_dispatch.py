"""Gate, lease, relay and release, with a scripted pool manager and an engine on a real socket."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from orchestratord.clock import SystemClock
from orchestratord.dispatch import Dispatcher
from orchestratord.engine_client import EngineClient
from orchestratord.errors import LeaseLost, PoolManagerError, PoolNotReady, Rejected, TimedOut, UnknownPool, Unreachable
from orchestratord.pool_manager.protocol import HeldLease, PoolView
from orchestratord.tasks import Task
from tests.orchestratord.engine import Engine, running
from tests.orchestratord.scripted import ScriptedPoolManager, ready
from tests.orchestratord.waiting import GENEROUS

TASK = Task("t1", "p", "hello", 3)


class Stream:
    """Whoever opened the stream."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        self.grown = asyncio.Event()

    async def emit(self, event: str, data: Mapping[str, Any]) -> None:
        self.events.append((event, data))
        self.grown.set()

    async def until(self, event: str) -> None:
        async with asyncio.timeout(GENEROUS):
            while event not in self.names:
                self.grown.clear()
                await self.grown.wait()

    @property
    def names(self) -> list[str]:
        return [event for event, _ in self.events]

    @property
    def error(self) -> Mapping[str, Any]:
        assert self.names[-2:] == ["error", "end"]
        assert self.events[-1][1] == {}
        return self.events[-2][1]


async def dispatch(manager: ScriptedPoolManager, stream: Stream, task: Task = TASK) -> None:
    engines = EngineClient()
    dispatcher = Dispatcher(manager, engines, SystemClock())
    try:
        async with asyncio.timeout(GENEROUS):
            await dispatcher.run(task, stream.emit)
    finally:
        await dispatcher.aclose()
        await engines.aclose()


def test_tokens_are_relayed_under_a_lease_that_is_given_back() -> None:
    async def run() -> None:
        async with running(Engine(["Hel", "lo"])) as engine:
            manager, stream = ScriptedPoolManager(ready(engine.url)), Stream()
            await dispatch(manager, stream)
            assert stream.events == [
                ("started", {}),
                ("token", {"t": "Hel", "i": 0}),
                ("token", {"t": "lo", "i": 1}),
                ("end", {"tokens_out": 2}),
            ]
            assert engine.prompts == [{"prompt": "hello", "n_predict": 3, "stream": True}]
            assert manager.keys == ["t1"]
            assert not manager.leases

    asyncio.run(run())


@pytest.mark.parametrize(
    "changes",
    [
        {"live": False, "ready": False},
        {"ready": False},
        {"draining": True},
        {"slots_free": 0},
        {"url": None},
    ],
)
def test_a_pool_that_takes_no_work_is_unready_and_nothing_reaches_the_engine(changes: dict[str, Any]) -> None:
    async def run() -> None:
        async with running(Engine()) as engine:
            view = replace(ready(engine.url), last_error="the reason", **changes)
            manager, stream = ScriptedPoolManager(view), Stream()
            await dispatch(manager, stream)
            assert stream.names == ["error", "end"]
            assert stream.error["code"] == "PoolUnready"
            assert "the reason" in stream.error["message"]
            assert stream.error["retry_after_ms"] == 1000
            assert not engine.prompts
            assert not manager.keys
            manager.view, again = ready(engine.url), Stream()
            await dispatch(manager, again)
            assert again.names[-1] == "end"
            assert len(engine.prompts) == 1

    asyncio.run(run())


@pytest.mark.parametrize(
    "refusal",
    [
        PoolNotReady(409, "pool_not_ready", "it is stopping"),
        UnknownPool(404, "unknown_pool", "gone"),
        Unreachable("refused"),
        TimedOut("late"),
        Rejected(500, None, ""),
    ],
)
def test_a_slot_lost_between_check_and_lease_is_unready(refusal: PoolManagerError) -> None:
    async def run() -> None:
        async with running(Engine()) as engine:
            stream = Stream()
            await dispatch(ScriptedPoolManager(ready(engine.url), refusal=refusal), stream)
            assert stream.names == ["error", "end"]
            assert stream.error["code"] == "PoolUnready"
            assert not engine.prompts

    asyncio.run(run())


def test_no_free_slot_says_when_to_come_again() -> None:
    async def run() -> None:
        stream = Stream()
        await dispatch(ScriptedPoolManager(ready("http://127.0.0.1:9"), slots=0), stream)
        assert stream.error["code"] == "PoolUnready"
        assert stream.error["retry_after_ms"] == 250

    asyncio.run(run())


@pytest.mark.parametrize("engine", [Engine(break_after=0), Engine(break_after=2), Engine(status=503)])
def test_an_engine_that_dies_ends_the_stream_and_frees_the_slot(engine: Engine) -> None:
    async def run() -> None:
        async with running(engine):
            manager, stream = ScriptedPoolManager(ready(engine.url)), Stream()
            await dispatch(manager, stream)
            assert stream.error["code"] == "EngineFailed"
            assert stream.names.count("token") == (engine.break_after or 0)
            assert not manager.leases

    asyncio.run(run())


def test_a_hang_up_frees_the_slot_and_stops_the_engine() -> None:
    async def run() -> None:
        engine = Engine()
        engine.released.clear()
        async with running(engine):
            manager, stream = ScriptedPoolManager(ready(engine.url)), Stream()
            work = asyncio.create_task(dispatch(manager, stream))
            await stream.until("token")
            assert manager.leases
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            assert not manager.leases
            async with asyncio.timeout(GENEROUS):
                await engine.hung_up.wait()

    asyncio.run(run())


def test_a_hang_up_while_the_lease_is_being_taken_frees_the_slot() -> None:
    async def run() -> None:
        manager, stream = ScriptedPoolManager(ready("http://127.0.0.1:9")), Stream()
        manager.may_grant.clear()
        engines = EngineClient()
        dispatcher = Dispatcher(manager, engines, SystemClock())
        work = asyncio.create_task(dispatcher.run(TASK, stream.emit))
        await manager.asked.wait()
        for _ in range(3):  # more than one cancellation: the hang-up, and the end of the server
            work.cancel()
            await asyncio.sleep(0)
        manager.may_grant.set()
        await dispatcher.aclose()
        await engines.aclose()
        assert manager.released.is_set()
        assert not manager.leases

    asyncio.run(run())


def test_a_lease_is_renewed_while_the_stream_runs() -> None:
    async def run() -> None:
        engine = Engine()
        engine.released.clear()
        async with running(engine):
            manager, stream = ScriptedPoolManager(ready(engine.url), ttl=0.15), Stream()
            work = asyncio.create_task(dispatch(manager, stream))
            for _ in range(2):
                await asyncio.wait_for(manager.renewed.wait(), GENEROUS)
                manager.renewed.clear()
            engine.released.set()
            await work
            assert stream.names[-1] == "end"
            assert "error" not in stream.names
            assert not manager.leases

    asyncio.run(run())


def test_closing_ends_what_still_runs_and_frees_its_slot() -> None:
    async def run() -> None:
        engine = Engine()
        engine.released.clear()
        async with running(engine):
            manager, stream, engines = ScriptedPoolManager(ready(engine.url)), Stream(), EngineClient()
            dispatcher = Dispatcher(manager, engines, SystemClock())
            work = asyncio.create_task(dispatcher.run(TASK, stream.emit))
            await stream.until("token")
            await dispatcher.aclose()
            await work
            assert stream.error["code"] == "ShuttingDown"
            assert not manager.leases
            late = Stream()
            await dispatcher.run(TASK, late.emit)
            assert late.error["code"] == "ShuttingDown"
            assert len(engine.prompts) == 1
            await engines.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("error", [LeaseLost(410, "lease_lost", "expired"), UnknownPool(404, "unknown_pool", "gone")])
def test_a_lease_that_is_lost_ends_the_stream(error: PoolManagerError) -> None:
    async def run() -> None:
        engine = Engine()
        engine.released.clear()
        async with running(engine):
            manager, stream = ScriptedPoolManager(ready(engine.url), ttl=0.15, renewal_error=error), Stream()
            await dispatch(manager, stream)
            assert stream.error["code"] == "LeaseLost"
            async with asyncio.timeout(GENEROUS):
                await engine.hung_up.wait()

    asyncio.run(run())


def test_a_renewal_that_cannot_be_asked_for_just_now_does_not_end_the_stream() -> None:
    async def run() -> None:
        engine = Engine()
        engine.released.clear()
        async with running(engine):
            manager, stream = ScriptedPoolManager(ready(engine.url), ttl=0.15, renewal_error=TimedOut("late")), Stream()
            work = asyncio.create_task(dispatch(manager, stream))
            for _ in range(2):
                await asyncio.wait_for(manager.renewed.wait(), GENEROUS)
                manager.renewed.clear()
            engine.released.set()
            await work
            assert stream.events[-1] == ("end", {"tokens_out": 3})

    asyncio.run(run())


def test_a_release_that_fails_does_not_spoil_the_stream() -> None:
    async def run() -> None:
        async with running(Engine()) as engine:
            stream = Stream()
            await dispatch(ScriptedPoolManager(ready(engine.url), release_error=Unreachable("refused")), stream)
            assert stream.events[-1] == ("end", {"tokens_out": 3})

    asyncio.run(run())


def test_without_leases_nothing_is_renewed() -> None:
    class Leaseless(ScriptedPoolManager):
        async def acquire(self, view: PoolView, key: str) -> HeldLease:
            return HeldLease(view.pool_id, view.source)

        async def release(self, lease: HeldLease) -> None:
            assert lease.lease_id is None

    async def run() -> None:
        async with running(Engine()) as engine:
            manager, stream = Leaseless(ready(engine.url)), Stream()
            await dispatch(manager, stream)
            assert stream.events[-1] == ("end", {"tokens_out": 3})
            assert not manager.renewals

    asyncio.run(run())
