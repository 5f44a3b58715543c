"""Preloads: the program that is started, what is answered, who joins whom, and the neighbours."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from pool_managerd.api import models, pool_routes
from pool_managerd.domain.errors import EngineConflict, EngineExited
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.prepared import PreparedEngine, check_pool_id
from pool_managerd.engines import process
from pool_managerd.manager import PoolManager, incarnation
from pool_managerd.manager.admission import admit
from pool_managerd.manager.pool_manager import Preloaded
from pool_managerd.manager.pool_runner import PoolRunner
from tests.mutants.daemon.requests import rewrite
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework

Flags = tuple[str, ...]


def starts_with(change: Callable[[Flags], Flags]) -> Callable[[], None]:
    """The engine gets other flags than were prepared."""

    def make(launch: Any) -> Any:
        return lambda prepared, *more: launch(prepared.model_copy(update={"flags": change(prepared.flags)}), *more)

    return lambda: rework(process, "_launch", make)


def starts_a_shell() -> None:
    def in_a_shell(prepared: PreparedEngine) -> PreparedEngine:
        command = " ".join(f'"{part}"' for part in (prepared.binary_path, *prepared.flags))
        return prepared.model_copy(update={"binary_path": "/bin/sh", "flags": ("-c", f"exec {command}")})

    rework(process, "_launch", lambda launch: lambda prepared, *more: launch(in_a_shell(prepared), *more))


def says_ready_when_it_is_spawned() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Preloaded:
        told = await begin(self, pool_id, prepared, wait=wait)
        if wait > 0 or told.ready:
            return told
        await asyncio.sleep(0.05)
        return replace(told, ready=True, pid=self._runners[pool_id].pool.pid)

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def does_not_say_where_to_look() -> None:
    class Nowhere(Response):
        def __init__(self, content: Any, status: int, headers: dict[str, str], **more: Any) -> None:
            super().__init__(content, status, {name: text for name, text in headers.items() if name != "Location"}, **more)

    patch(pool_routes, "Response", Nowhere)


def tells_its_own_pid() -> None:
    rewrite("POST", "/preload", 200, lambda told: {**told, "pid": os.getpid()})


def restarts_a_ready_engine() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Preloaded:
        runner = self._runners.get(pool_id)
        if runner is not None and runner.pool.state is PoolState.READY and runner.pool.prepared == prepared:
            await self.stop(pool_id)
        return await begin(self, pool_id, prepared, wait=wait)

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def conflicts_with_itself() -> None:
    def join(self: Any, pool_id: str, prepared: Any) -> Any:
        runner = find(self, pool_id, prepared)
        if runner is not None and runner.pool.state is PoolState.LOADING:
            raise EngineConflict(pool_id)
        return runner

    find = PoolManager._join
    patch(PoolManager, "_join", join)


def compares_what_it_does_not_know() -> None:
    PreparedEngine.model_config["extra"] = "allow"
    PreparedEngine.model_rebuild(force=True)
    models.PreloadRequest.model_rebuild(force=True)


def joins_by(same: Callable[[PreparedEngine, PreparedEngine], bool]) -> Callable[[], None]:
    """Two engines are the same when ``same`` says so."""

    def join(self: Any, pool_id: str, prepared: Any) -> Any:
        runner = self._runners.get(pool_id)
        running = runner.pool.prepared if runner is not None and runner.pool.occupied else None
        return find(self, pool_id, running if running is not None and same(running, prepared) else prepared)

    find = PoolManager._join
    return lambda: patch(PoolManager, "_join", join)


def replaces_the_engine() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Preloaded:
        try:
            return await begin(self, pool_id, prepared, wait=wait)
        except EngineConflict:
            await self.stop(pool_id)
            return await begin(self, pool_id, prepared, wait=wait)

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def stops_what_it_conflicts_with() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Preloaded:
        try:
            return await begin(self, pool_id, prepared, wait=wait)
        except EngineConflict:
            await self.stop(pool_id)
            raise

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def looks_before_it_waits() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Preloaded:
        if check_pool_id(pool_id) != prepared.pool_id or self._join(pool_id, prepared) is not None:
            return await begin(self, pool_id, prepared, wait=wait)
        await asyncio.to_thread(admit, prepared, self._config, self._spawner)
        await asyncio.sleep(0.05)
        self._runners.pop(pool_id, None)
        self._begin(pool_id, prepared)
        return await begin(self, pool_id, prepared, wait=wait)

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def turns_the_second_caller_away() -> None:
    busy: set[str] = set()

    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Preloaded:
        if pool_id in busy:
            raise EngineConflict(pool_id)
        if self._join(pool_id, prepared) is None:
            busy.add(pool_id)
            try:
                await begin(self, pool_id, prepared)
                await asyncio.sleep(0.05)
            finally:
                busy.discard(pool_id)
        return await begin(self, pool_id, prepared, wait=wait)

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def loads_one_at_a_time() -> None:
    lock = asyncio.Lock()

    def make(become_healthy: Any) -> Any:
        async def in_turn(*arguments: Any) -> Any:
            async with lock:
                return await become_healthy(*arguments)

        return in_turn

    rework(incarnation, "become_healthy", make)


def fails_the_neighbours() -> None:
    managers: list[Any] = []

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        managers.append(self)

    def fail_loading(self: Any, failure: Any) -> None:
        fail(self, failure)
        for manager in managers if isinstance(failure, EngineExited) else ():
            for runner in manager._runners.values():
                runner.stop()

    make, fail = PoolManager.__init__, PoolRunner._fail
    patch(PoolManager, "__init__", init)
    patch(PoolRunner, "_fail", fail_loading)


MUTANTS = (
    Mutant("PM-PRELOAD-1: starts a shell", starts_a_shell),
    Mutant("PM-PRELOAD-1: gives each flag once", starts_with(lambda flags: tuple(dict.fromkeys(flags)))),
    Mutant("PM-PRELOAD-1: drops empty flags", starts_with(lambda flags: tuple(filter(None, flags)))),
    Mutant("PM-PRELOAD-1: adds a flag of its own", starts_with(lambda flags: (*flags, "--log-disable"))),
    Mutant(
        "PM-PRELOAD-2: says ready when the process is spawned",
        says_ready_when_it_is_spawned,
        also=frozenset({"PM-READY-3", "PM-READY-4"}),
        why="who was told that it is ready is not told that it failed",
    ),
    Mutant("PM-PRELOAD-2: does not say where to look", does_not_say_where_to_look),
    Mutant(
        "PM-PRELOAD-2: tells its own pid",
        tells_its_own_pid,
        also=frozenset({"PM-PRELOAD-6", "PM-PRELOAD-7", "PM-PRELOAD-8", "PM-READY-2", "PM-STATUS-4"}),
        why="there, too, the process is looked for that serves",
    ),
    Mutant("PM-PRELOAD-6: restarts a ready engine", restarts_a_ready_engine),
    Mutant(
        "PM-PRELOAD-6: conflicts with itself while it loads",
        conflicts_with_itself,
        also=frozenset({"PM-PRELOAD-8"}),
        why="there, too, the same engine is preloaded again while it loads",
    ),
    Mutant("PM-PRELOAD-6: compares members that it does not know", compares_what_it_does_not_know),
    Mutant("PM-PRELOAD-7: replaces the engine", replaces_the_engine),
    Mutant("PM-PRELOAD-7: joins any engine", joins_by(lambda running, prepared: True)),
    Mutant("PM-PRELOAD-7: compares nothing but the flags", joins_by(lambda running, prepared: running.flags == prepared.flags)),
    Mutant("PM-PRELOAD-7: stops what it conflicts with", stops_what_it_conflicts_with),
    Mutant("PM-PRELOAD-8: looks, waits, and starts another one", looks_before_it_waits),
    Mutant("PM-PRELOAD-8: turns the second caller away", turns_the_second_caller_away),
    Mutant("PM-PRELOAD-10: loads one pool at a time", loads_one_at_a_time),
    Mutant(
        "PM-PRELOAD-10: fails the neighbours, too",
        fails_the_neighbours,
        also=frozenset({"PM-HEALTH-1"}),
        why="there, too, an engine crashes beside others",
    ),
)
