"""When a pool becomes ready, and what becomes of one that does not."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pool_managerd.domain.errors import EngineExited, StartupTimeout
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.pool_state import PoolEvent
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines import health
from pool_managerd.engines.health import HealthClient
from pool_managerd.engines.listener import Listener, ListenerWatch
from pool_managerd.engines.process import ProcessEngine
from pool_managerd.manager import incarnation, readiness
from pool_managerd.manager.incarnation import Incarnation
from pool_managerd.manager.pool_runner import PoolRunner
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework

ONLY_LOADING = frozenset(
    {
        "PM-HEALTH-1", "PM-LEASE-2", "PM-PRELOAD-2", "PM-PRELOAD-7", "PM-PRELOAD-10", "PM-READY-2", "PM-READY-4", "PM-STATUS-1",
        "PM-STATUS-3", "PM-STATUS-4", "PM-STATUS-5", "PM-STOP-1",
    }
)  # fmt: skip
"""Where an engine that answers 503 must still be loading."""


def healthy_when(good: Callable[[int], bool]) -> Callable[[], None]:
    """Any answer whose status is ``good`` is healthy."""

    async def is_healthy(self: Any, target: str) -> bool:
        try:
            async with asyncio.timeout(health.PROBE_TIMEOUT), self._ask(target) as answer:
                return good(await answer.status())
        except health._FAILURES:
            return False

    return lambda: patch(HealthClient, "is_healthy", is_healthy)


def asks_where_it_always_asks() -> None:
    rework(HealthClient, "is_healthy", lambda ask: lambda self, target: ask(self, "/health"))


def probes_after(interval: Callable[[float], float]) -> Callable[[], None]:
    return lambda: patch(readiness, "probe_interval", interval)


def polls_a_dead_engine() -> None:
    async def become_healthy(self: Any, interruption: Any) -> Any:
        self.exited = asyncio.Event().wait
        try:
            return await race(self, interruption)
        finally:
            del self.exited

    race: Any = Incarnation.become_healthy
    patch(Incarnation, "become_healthy", become_healthy)


def fails_loading_with(change: Callable[[ExitStatus], ExitStatus]) -> Callable[[], None]:
    """Of how an engine ended while loading, something else is told."""
    return lambda: rework(Incarnation, "_explain_exit", lambda explain: lambda self, status: explain(self, change(status)))


def says_no_more_than_that_it_failed() -> None:
    patch(Incarnation, "_explain_exit", lambda self, status: EngineExited("the engine failed to start"))


def keeps_the_output_to_itself() -> None:
    patch(ProcessEngine, "output_tail", lambda self: "")


def does_not_keep_why() -> None:
    def fail(self: Any, failure: Any) -> None:
        tell(self, failure)
        if isinstance(failure, EngineExited):
            self.pool.last_error = None
            self.published.publish("spawned")

    tell = PoolRunner._fail
    patch(PoolRunner, "_fail", fail)


def takes_an_early_end_for_success() -> None:
    def fail(self: Any, failure: Any) -> None:
        if "exit code 0" not in str(failure):
            tell(self, failure)
            return
        self.published.change(lambda: self.pool.end(PoolEvent.ENGINE_EXITED_OK, None), cause="done")
        self.settled.set()

    tell = PoolRunner._fail
    patch(PoolRunner, "_fail", fail)


def waits_much_longer() -> None:
    rework(PoolRunner, "__init__", _patient)


def _patient(init: Any) -> Any:
    def patient(self: Any, prepared: Any, config: Any, **named: Any) -> None:
        init(self, prepared, replace(config, startup_timeout=config.startup_timeout + 15.0), **named)

    return patient


def gives_up_with(end: Callable[[Any], Any], why: str = "the engine was not healthy in time") -> Callable[[], None]:
    """After the start-up time-out the engine is ended in another way."""

    async def give_up(self: Any) -> StartupTimeout:
        await end(self.engine)
        self.end = _not_at_all
        return StartupTimeout(why)

    return lambda: patch(Incarnation, "_give_up", give_up)


async def _not_at_all(engine: Any) -> None:
    return


async def _alone(engine: Any) -> None:
    os.kill(engine.pid, signal.SIGKILL)
    await engine.exited()


async def _politely(engine: Any) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(engine.pid, signal.SIGTERM)


async def _fully(engine: Any) -> None:
    await engine.end(0.0)


def believes_whoever_answers() -> None:
    async def listener(self: Any) -> Listener:
        return Listener.ENGINE

    patch(ProcessEngine, "_listener", listener)


def knows_no_children() -> None:
    patch(ListenerWatch, "_of_family", lambda self: set())


def gates_by_the_port() -> None:
    async def answers(self: Any) -> bool:
        return not self._exit.done()

    patch(ProcessEngine, "_answers", answers)


def counts_slots(count: Callable[[PreparedEngine, int | None], int]) -> Callable[[], None]:
    """The number of slots comes from elsewhere."""

    async def become_healthy(engine: Any, prepared: Any, clock: Any) -> int:
        await wait(engine, prepared, clock)
        return count(prepared, await engine.slots())

    wait = readiness.become_healthy
    return lambda: patch(incarnation, "become_healthy", become_healthy)


MUTANTS = (
    Mutant(
        "PM-READY-1: takes 503 for healthy",
        healthy_when(lambda status: True),
        also=ONLY_LOADING | {"PM-READY-3"},
        why="no pool is ever loading for long",
    ),
    Mutant("PM-READY-1: takes 404 for healthy", healthy_when(lambda status: status < 500)),
    Mutant("PM-READY-1: asks for health where it always asks", asks_where_it_always_asks),
    Mutant(
        "PM-READY-1: is ready when the port is open",
        gates_by_the_port,
        also=ONLY_LOADING | {"PM-READY-3"},
        why="no pool is ever loading for long",
    ),
    Mutant("PM-READY-2: probes once a second", probes_after(lambda elapsed: 1.0)),
    Mutant("PM-READY-2: waits as long again as it has waited", probes_after(lambda elapsed: max(elapsed, 0.01))),
    Mutant("PM-READY-3: polls a dead engine until the time-out", polls_a_dead_engine),
    Mutant("PM-READY-3: says no more than that it failed", says_no_more_than_that_it_failed),
    Mutant("PM-READY-3: keeps the engine's output to itself", keeps_the_output_to_itself),
    Mutant("PM-READY-3: does not keep why", does_not_keep_why),
    Mutant(
        "PM-READY-3: takes a signal for exit code 1",
        fails_loading_with(lambda status: ExitStatus(1) if (status.returncode or 0) < 0 else status),
    ),
    Mutant("PM-READY-3: takes an early end for a success", takes_an_early_end_for_success),
    Mutant("PM-READY-4: waits much longer than it was told to", waits_much_longer),
    Mutant("PM-READY-4: gives up and lets the engine run", gives_up_with(_not_at_all)),
    Mutant("PM-READY-4: kills the process and not its children", gives_up_with(_alone)),
    Mutant("PM-READY-4: asks the engine to end and looks away", gives_up_with(_politely)),
    Mutant("PM-READY-4: does not say why", gives_up_with(_fully, "")),
    Mutant("PM-READY-5: believes whoever answers", believes_whoever_answers),
    Mutant("PM-READY-5: does not know the engine's children", knows_no_children),
    Mutant("PM-READY-6: asks only the engine", counts_slots(lambda prepared, told: told or 1)),
    Mutant(
        "PM-READY-6: never asks the engine",
        counts_slots(lambda prepared, told: prepared.slots_total or 1),
        also=frozenset({"PM-LEASE-1", "PM-LEASE-3", "PM-LEASE-5", "PM-LEASE-6", "PM-STATUS-3"}),
        why="they lease slots of an engine that has several",
    ),
)
