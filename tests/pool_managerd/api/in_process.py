"""The application over a real manager with scripted engines. Every answer is held against contracts/openapi.yaml."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from pool_managerd.api import Security, create_app
from pool_managerd.clock import SystemClock
from pool_managerd.manager import ManagerConfig, PoolManager
from pool_managerd.storage.run_dir import RunDir
from poolpact.contract import Contract
from poolpact.exchange import in_process
from tests.pool_managerd.manager.scripted import ScriptedEngine, ScriptedSpawner, prepared_members

CONTRACT = Contract.load()
LONG = 30.0
JSON = {"content-type": "application/json"}


class Reply:
    """One answer."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def told(self) -> tuple[int, str]:
        """The status and the code of a problem."""
        return self.status, self.json["code"]


class Api:
    """Calls, and the manager behind them."""

    def __init__(self, folder: Path, security: Security, **config: Any) -> None:
        self.binary = folder / "engines" / "server"
        self.binary.parent.mkdir()
        self.binary.write_text("#!/bin/sh\n")
        self.binary.chmod(0o755)
        self.run_dir = RunDir(folder / "run")
        self.spawner = ScriptedSpawner()
        config = {"engine_dirs": (self.binary.parent,)} | config
        self.manager = PoolManager(ManagerConfig(**config), clock=SystemClock(), spawner=self.spawner, run_dir=self.run_dir)
        self.app = create_app(self.manager, security)
        self.going_on: list[asyncio.Task[Reply]] = []
        """Calls that nobody waits for; they are waited for at the end."""
        self.lease_id = "none"
        """The lease that was taken last."""

    async def call(self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        raw = await in_process(self.app, method, target, headers or {}, body)
        CONTRACT.check(method, target, raw.status, raw.headers, raw.body)
        return Reply(raw.status, raw.headers, raw.body)

    def prepared(self, pool_id: str = "p", **changes: Any) -> dict[str, Any]:
        return prepared_members(self.binary, pool_id) | changes

    async def preload(self, pool_id: str = "p", *, prefer: str | None = None, **changes: Any) -> Reply:
        body = json.dumps({"prepared": self.prepared(pool_id, **changes)}).encode()
        headers = JSON if prefer is None else JSON | {"prefer": prefer}
        return await self.call("POST", f"/pools/{pool_id}/preload", body, headers)

    async def loading(self, pool_id: str = "p", **changes: Any) -> ScriptedEngine:
        self.spawner.spawned.clear()
        assert (await self.preload(pool_id, **changes)).status == 202
        await asyncio.wait_for(self.spawner.spawned.wait(), LONG)
        return self.spawner.engines[-1]

    async def ready(self, pool_id: str = "p", **changes: Any) -> ScriptedEngine:
        engine = await self.loading(pool_id, **changes)
        engine.healthy = True
        assert (await self.preload(pool_id, prefer="wait=30", **changes)).status == 200
        return engine

    async def state(self, pool_id: str = "p") -> str:
        answer = await self.call("GET", f"/pools/{pool_id}/status")
        return str(answer.json["state"]) if answer.status == 200 else "absent"

    async def until(self, state: str, pool_id: str = "p") -> None:
        async with asyncio.timeout(LONG):
            while await self.state(pool_id) != state:
                await SystemClock().sleep(0)


def with_api(security: Security | None = None, **config: Any) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., None]]:
    """Turn ``async def test(api, **parameters)`` into a test with an application of its own."""

    def decorate(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        async def main(folder: Path, parameters: Mapping[str, Any]) -> None:
            api = Api(folder, security or Security(), **config)
            api.run_dir.open()
            try:
                await api.manager.start()
                await test(api, **parameters)
                for engine in api.spawner.engines:
                    engine.may_end.set()
                await api.manager.close()
                await asyncio.gather(*api.going_on)
            finally:
                api.run_dir.close()

        def run(tmp_path: Path) -> None:
            asyncio.run(main(tmp_path, {}))

        def run_case(tmp_path: Path, case: Any) -> None:
            asyncio.run(main(tmp_path, {"case": case}))

        chosen = run_case if "case" in inspect.signature(test).parameters else run
        chosen.__name__ = getattr(test, "__name__", "test")
        return chosen

    return decorate
