"""Stopping a pool."""

import asyncio
import contextlib
import os
import signal
from typing import Any

from pool_managerd.domain.errors import UnknownPool
from pool_managerd.engines.process import ProcessEngine
from pool_managerd.manager import PoolManager, incarnation
from pool_managerd.manager.published_pool import PublishedPool
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework


def ends_with(number: signal.Signals, *, group: bool) -> Any:
    """A stop is one signal, and waits for nothing but the first process."""

    async def end(self: Any, grace: float) -> None:
        if grace == 0:
            await end_all(self, grace)
            return
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self.exited()

    end_all = ProcessEngine.end
    return lambda: patch(ProcessEngine, "end", end)


def is_stopped_at_once() -> None:
    async def stop(self: Any, pool_id: str) -> None:
        self._runner(pool_id).stop()

    PoolManager.stop  # noqa: B018
    patch(PoolManager, "stop", stop)


def stops_what_it_does_not_know() -> None:
    async def stop(self: Any, pool_id: str) -> None:
        with contextlib.suppress(UnknownPool):
            await end(self, pool_id)

    end = PoolManager.stop
    patch(PoolManager, "stop", stop)


def leaves_the_announcement() -> None:
    patch(incarnation, "remove_handoff", lambda path: None)


def cannot_stop_what_failed() -> None:
    async def stop(self: Any, pool_id: str) -> None:
        if not self._runner(pool_id).pool.occupied:
            raise UnknownPool(pool_id)
        await end(self, pool_id)

    end = PoolManager.stop
    patch(PoolManager, "stop", stop)


def stops_the_neighbours() -> None:
    async def stop(self: Any, pool_id: str) -> None:
        for runner in self._runners.values():
            runner.stop()
        await end(self, pool_id)

    end = PoolManager.stop
    patch(PoolManager, "stop", stop)


def remembers_the_leases_of_a_dead_engine() -> None:
    granted: dict[str, Any] = {}

    def make_acquire(acquire: Any) -> Any:
        def noting(self: Any, lease_id: str, key: Any) -> Any:
            lease, is_new = acquire(self, lease_id, key)
            granted[lease.lease_id] = (self, lease)
            return lease, is_new

        return noting

    def make_renew(renew: Any) -> Any:
        def believing(self: Any, lease_id: str) -> Any:
            holder, lease = granted.get(lease_id, (self, None))
            return renew(self, lease_id) if holder is self else lease

        return believing

    rework(PublishedPool, "acquire", make_acquire)
    rework(PublishedPool, "renew", make_renew)


MUTANTS = (
    Mutant("PM-STOP-1: leaves the children", ends_with(signal.SIGKILL, group=False)),
    Mutant("PM-STOP-1: asks the engine to end and looks away", ends_with(signal.SIGTERM, group=True)),
    Mutant(
        "PM-STOP-1: says stopped before it is",
        is_stopped_at_once,
        also=frozenset({"PM-STATUS-2"}),
        why="a pool that was stopped must be unknown",
    ),
    Mutant("PM-STOP-1: stops what it does not know", stops_what_it_does_not_know),
    Mutant("PM-STOP-1: leaves the file that announces the pool", leaves_the_announcement),
    Mutant("PM-STOP-1: cannot stop what has failed", cannot_stop_what_failed),
    Mutant("PM-STOP-1: stops the neighbours, too", stops_the_neighbours),
    Mutant("PM-STOP-1: renews the leases of a dead engine", remembers_the_leases_of_a_dead_engine),
)
