"""Draining a pool."""

import asyncio
import contextlib
import math
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from pool_managerd.api import drain_routes
from pool_managerd.domain.errors import PoolNotReady, UnknownPool
from pool_managerd.domain.pool import Pool
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.manager import PoolManager
from pool_managerd.manager.deadline import Deadline
from pool_managerd.manager.incarnation import Incarnation
from pool_managerd.manager.pool_manager import Drained
from pool_managerd.manager.pool_runner import PoolRunner
from pool_managerd.manager.published_pool import PublishedPool
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework


def stays_ready() -> None:
    rework(
        Pool,
        "status",
        lambda status: lambda self, host: replace(told, ready=True) if (told := status(self, host)).draining else told,
    )


def shows_it_a_moment_later() -> None:
    async def drain(self: Any, pool_id: str, **named: Any) -> Any:
        if named["wait"] > 0 or not self.status(pool_id).ready:
            return await begin(self, pool_id, **named)
        late.append(asyncio.create_task(_later(begin(self, pool_id, **named))))
        return Drained(pool_id, done=False, forced=False)

    begin = PoolManager.drain
    late: list[Any] = []
    patch(PoolManager, "drain", drain)


async def _later(call: Any) -> None:
    await asyncio.sleep(0.3)
    await call


def gives_leases_all_the_same() -> None:
    def acquire(self: Any, lease_id: str, key: Any) -> Any:
        if self.pool.state is not PoolState.DRAINING:
            return take(self, lease_id, key)
        return self.pool.acquire(self._clock.monotonic(), lease_id, key) or take(self, lease_id, key)

    take = PublishedPool.acquire
    patch(PublishedPool, "acquire", acquire)


def joins_what_drains() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Any:
        runner = self._runners.get(pool_id)
        if runner is not None and runner.pool.state is PoolState.DRAINING:
            return self._outcome(runner, ready=False)
        return await begin(self, pool_id, prepared, wait=wait)

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def does_not_ask_the_engine() -> None:
    async def become_idle(self: Any) -> None:
        return

    patch(Incarnation, "become_idle", become_idle)


def does_not_wait_for_leases() -> None:
    async def work_is_done(self: Any, incarnation: Any) -> None:
        await incarnation.become_idle()
        self._is_idle = True

    patch(PoolRunner, "_work_is_done", work_is_done)


def ends_leases_at_once() -> None:
    def begin(self: Any) -> None:
        begin_draining(self)
        self.drop_leases()

    begin_draining = Pool.begin_draining
    patch(Pool, "begin_draining", begin)


def lets_the_engine_run() -> None:
    def make(end: Any) -> Any:
        async def leave(self: Any, incarnation: Any, **named: Any) -> None:
            if self.pool.state is not PoolState.DRAINING:
                await end(self, incarnation, **named)
                return
            incarnation.end, stop = _nothing, incarnation.end
            await end(self, incarnation, **named)
            incarnation.end = stop

        return leave

    rework(PoolRunner, "_end", make)


async def _nothing(grace: float) -> None:
    return


def waits_for_ever() -> None:
    async def passed(self: Any) -> None:
        await asyncio.Event().wait()

    patch(Deadline, "passed", passed)


def does_not_say_by_force() -> None:
    async def drain(self: Any, pool_id: str, **named: Any) -> Any:
        return replace(await begin(self, pool_id, **named), forced=False)

    begin = PoolManager.drain
    patch(PoolManager, "drain", drain)


def keeps_the_first_deadline() -> None:
    rework(
        Deadline,
        "bring_forward",
        lambda bring: lambda self, seconds: bring(self, seconds) if math.isinf(self._at) else None,
    )


def sits_out_the_deadline() -> None:
    async def work_is_done(self: Any, incarnation: Any) -> None:
        await self._deadline.passed()
        self._is_idle = True

    patch(PoolRunner, "_work_is_done", work_is_done)


def lets_a_load_end_first() -> None:
    async def drain(self: Any, pool_id: str, **named: Any) -> Any:
        runner = self._runner(pool_id)
        if runner.pool.state is PoolState.LOADING:
            await runner.settled.wait()
        return await begin(self, pool_id, **named)

    begin = PoolManager.drain
    patch(PoolManager, "drain", drain)


def drains_what_it_does_not_know() -> None:
    async def drain(self: Any, pool_id: str, **named: Any) -> Any:
        with contextlib.suppress(UnknownPool):
            return await begin(self, pool_id, **named)
        return Drained(pool_id, done=True, forced=False)

    begin = PoolManager.drain
    patch(PoolManager, "drain", drain)


def takes_any_deadline() -> None:
    class Anything(BaseModel):
        deadline_ms: Any = None

    patch(drain_routes, "DrainRequest", Anything)


def cannot_drain_what_has_failed() -> None:
    def drain(self: Any, seconds: float) -> bool:
        if self.pool.state is PoolState.FAILED:
            raise PoolNotReady(self.pool.prepared.pool_id, self.pool.state)
        return bool(begin(self, seconds))

    begin = PoolRunner.drain
    patch(PoolRunner, "drain", drain)


MUTANTS = (
    Mutant("PM-DRAIN-1: stays ready while it drains", stays_ready),
    Mutant("PM-DRAIN-1: shows it a moment later", shows_it_a_moment_later),
    Mutant("PM-DRAIN-1: gives leases while it drains", gives_leases_all_the_same),
    Mutant("PM-DRAIN-1: takes a preload while it drains", joins_what_drains),
    Mutant(
        "PM-DRAIN-2: does not ask the engine whether it works",
        does_not_ask_the_engine,
        also=frozenset({"PM-DRAIN-1", "PM-DRAIN-3"}),
        why="there, too, what is in flight must still be in flight",
    ),
    Mutant(
        "PM-DRAIN-2: does not wait for leases",
        does_not_wait_for_leases,
        also=frozenset({"PM-DRAIN-1", "PM-DRAIN-3"}),
        why="there, too, what is in flight must still be in flight",
    ),
    Mutant(
        "PM-DRAIN-2: ends leases as soon as it drains",
        ends_leases_at_once,
        also=frozenset({"PM-DRAIN-1", "PM-DRAIN-3"}),
        why="there, too, what is in flight must still be in flight",
    ),
    Mutant(
        "PM-DRAIN-2: leaves the drained engine running",
        lets_the_engine_run,
        also=frozenset({"PM-DRAIN-3", "PM-DRAIN-4"}),
        why="nothing may be left of it there either",
    ),
    Mutant("PM-DRAIN-3: waits for ever", waits_for_ever),
    Mutant("PM-DRAIN-3: does not say that it was by force", does_not_say_by_force),
    Mutant("PM-DRAIN-3: keeps to the first deadline", keeps_the_first_deadline),
    Mutant(
        "PM-DRAIN-4: sits out the deadline",
        sits_out_the_deadline,
        also=frozenset({"PM-DRAIN-2"}),
        why="what is finished must be over",
    ),
    Mutant("PM-DRAIN-4: lets a load end first", lets_a_load_end_first),
    Mutant("PM-DRAIN-5: drains what it does not know", drains_what_it_does_not_know),
    Mutant("PM-DRAIN-5: takes any deadline", takes_any_deadline),
    Mutant("PM-DRAIN-5: cannot drain what has failed", cannot_drain_what_has_failed),
)
