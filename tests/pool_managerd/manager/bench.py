"""A manager over scripted engines, with everything a test looks at."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pool_managerd.clock import SystemClock
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.manager import ManagerConfig, PoolManager
from pool_managerd.storage.run_dir import RunDir
from tests.pool_managerd.manager.scripted import ScriptedEngine, ScriptedSpawner, prepared_members

LONG = 30.0


class Bench:
    """One manager with everything a test looks at."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.binary = folder / "engines" / "server"
        self.binary.parent.mkdir()
        self.binary.write_text("#!/bin/sh\n")
        self.binary.chmod(0o755)
        self.run_dir = RunDir(folder / "run")
        self.spawner = ScriptedSpawner()
        self.manager = PoolManager(
            ManagerConfig(engine_dirs=(self.binary.parent,), **config),
            clock=SystemClock(),
            spawner=self.spawner,
            run_dir=self.run_dir,
        )

    def prepared(self, pool_id: str = "p", **changes: Any) -> PreparedEngine:
        return PreparedEngine.model_validate(prepared_members(self.binary, pool_id) | changes)

    async def loading(self, pool_id: str = "p", **changes: Any) -> ScriptedEngine:
        self.spawner.spawned.clear()
        await self.manager.preload(pool_id, self.prepared(pool_id, **changes))
        await asyncio.wait_for(self.spawner.spawned.wait(), LONG)
        return self.spawner.engines[-1]

    async def ready(self, pool_id: str = "p", **changes: Any) -> ScriptedEngine:
        engine = await self.loading(pool_id, **changes)
        engine.healthy = True
        await self.manager.preload(pool_id, self.prepared(pool_id, **changes), wait=LONG)
        return engine

    async def until(self, state: PoolState, pool_id: str = "p") -> None:
        async with asyncio.timeout(LONG):
            while self.manager.status(pool_id).state is not state:
                await SystemClock().sleep(0)


@asynccontextmanager
async def bench(folder: Path, **config: Any) -> AsyncIterator[Bench]:
    it = Bench(folder, **config)
    it.run_dir.open()
    try:
        await it.manager.start()
        yield it
        for engine in it.spawner.engines:
            engine.may_end.set()
        await it.manager.close()
    finally:
        it.run_dir.close()


def with_bench(**config: Any) -> Callable[[Callable[[Bench], Awaitable[None]]], Callable[[Path], None]]:
    """Turn ``async def test(bench)`` into a test with a manager of its own."""

    def decorate(test: Callable[[Bench], Awaitable[None]]) -> Callable[[Path], None]:
        async def main(folder: Path) -> None:
            async with bench(folder, **config) as it:
                await test(it)

        def run(tmp_path: Path) -> None:
            work: Coroutine[Any, Any, None] = main(tmp_path)
            asyncio.run(work)

        run.__name__ = getattr(test, "__name__", "test")
        return run

    return decorate
