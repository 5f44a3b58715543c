"""Orchestrators that do work twice, storm a pool manager that is down, or are the last to notice that it is back."""

import asyncio
from typing import Any

from orchestratord.client import calls, pacing, retry
from orchestratord.client.caller import Caller
from orchestratord.dispatch import Dispatcher
from orchestratord.errors import EngineFailed, PoolManagerUnavailable
from orchestratord.pool_manager.remote import RemotePoolManager
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch

LONG = 2.0
"""Seconds: too long to notice that the pool manager is back, and short enough for everything else."""
FAILURES = 3


def takes_leases_again_and_again() -> None:
    acquire = calls.acquire_lease
    patch(calls, "acquire_lease", lambda pool_id, key=None: acquire(pool_id))
    patch(retry, "is_safe", lambda method: True)


def asks_for_a_lease_again_after_an_error() -> None:
    acquire = RemotePoolManager.acquire

    async def stubborn(self: Any, view: Any, key: str) -> Any:
        try:
            return await acquire(self, view, key)
        except Exception:
            return await acquire(self, view, f"{key}-again")

    patch(RemotePoolManager, "acquire", stubborn)


def goes_on_asking() -> None:
    health = RemotePoolManager.health
    under_way: set[asyncio.Task[None]] = set()

    async def go_on(self: Any, pool_id: str) -> None:
        for _ in range(20):
            await asyncio.sleep(0.03)
            if not (await health(self, pool_id)).last_error:
                return

    async def health_and_more(self: Any, pool_id: str) -> Any:
        view = await health(self, pool_id)
        if "was lost" in (view.last_error or "") and not under_way:
            asking = asyncio.create_task(go_on(self, pool_id))
            under_way.add(asking)
            asking.add_done_callback(under_way.discard)
        return view

    patch(RemotePoolManager, "health", health_and_more)
    patch(pacing, "PROBE_INTERVAL", 0.03)
    patch(pacing, "MOST_A_SECOND", 30)


def gives_an_engine_the_same_work_again() -> None:
    relay = Dispatcher._relay

    async def stubborn(self: Any, task: Any, url: str, emit: Any) -> int:
        try:
            return await relay(self, task, url, emit)
        except EngineFailed:
            return await relay(self, task, url, emit)

    patch(Dispatcher, "_relay", stubborn)


def storms_the_place() -> None:
    patch(pacing.Pacer, "ask", lambda self, now, **_: self._begin(now))


def allows_itself_twenty_a_second() -> None:
    patch(pacing, "MOST_A_SECOND", 20)
    patch(pacing, "PROBE_INTERVAL", 0.02)


def is_slow_to_return() -> None:
    patch(pacing, "PROBE_INTERVAL", LONG)
    patch(pacing, "_SECOND", LONG)


def trips_a_breaker() -> None:
    call = Caller.__call__

    async def broken(self: Any, what: Any, deadline: float) -> Any:
        now = asyncio.get_running_loop().time()
        failures, until = getattr(self, "breaker", (0, 0.0))
        if now < until:
            raise PoolManagerUnavailable("the circuit breaker is open")
        try:
            answer = await call(self, what, deadline)
        except PoolManagerUnavailable:
            failures += 1
            self.breaker = (0, now + LONG) if failures >= FAILURES else (failures, 0.0)
            raise
        self.breaker = (0, 0.0)
        return answer

    patch(Caller, "__call__", broken)


MUTANTS = (
    Mutant("OR-RETRY-1: takes leases again and again", takes_leases_again_and_again),
    Mutant("OR-RETRY-1: asks for a lease again after an error", asks_for_a_lease_again_after_an_error),
    Mutant(
        "OR-RETRY-1: goes on asking when the answer is given",
        goes_on_asking,
        also=frozenset({"OR-RETRY-2"}),
        why="what it asks by itself is more than a pool manager that is down may see",
    ),
    Mutant(
        "OR-RETRY-1: gives an engine the same work again",
        gives_an_engine_the_same_work_again,
        also=frozenset({"OR-GATE-3"}),
        why="there an engine breaks off as well, and its tokens come twice",
    ),
    Mutant("OR-RETRY-2: storms the place", storms_the_place),
    Mutant("OR-RETRY-2: allows itself twenty connections a second", allows_itself_twenty_a_second),
    Mutant("OR-RETRY-3: is slow to return", is_slow_to_return),
    Mutant("OR-RETRY-3: trips a breaker for two seconds", trips_a_breaker),
)
