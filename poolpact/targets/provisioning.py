"""Pools of a pool manager that is under test, made and removed by its public API alone."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from poolpact.daemon.calls import pool_path, preload_request
from poolpact.engine.records import EngineRecords
from poolpact.exchange import ExchangeFailed
from poolpact.targets.base import Answer, Condition, PoolManagerTarget, Timekeeper
from poolpact.world import ENGINE

PATIENCE = 10.0
"""Seconds within which a pool has to be what it was led to."""

STOP_GRACE = "300ms"


def own_settings(run_dir: Path, engine_records: Path, engine: Path = ENGINE) -> dict[str, str]:
    """The settings of a pool manager that the run starts itself, less those that a scenario wants. It may execute ``engine``."""
    return {
        "POOL_MANAGERD_RUN_DIR": str(run_dir),
        "POOL_MANAGERD_ENGINE_DIRS": f"{engine.parent}:{engine_records / 'programs'}",
        "POOL_MANAGERD_STOP_GRACE": STOP_GRACE,
    }


class Provisioning:
    """Leads pools into conditions. Waits on ``time``; engines are told what to do through ``records``."""

    def __init__(self, time: Timekeeper, records: EngineRecords) -> None:
        self._time = time
        self._records = records
        self._stopping: set[asyncio.Task[Answer]] = set()

    async def bring_about(self, manager: PoolManagerTarget, prepared: Mapping[str, Any], condition: Condition) -> None:
        """See :class:`~poolpact.targets.base.Target`."""
        method, target, body, headers = preload_request(prepared, None)
        answer = await manager.send(method, target, body=body, headers=headers)
        if answer.status not in (200, 202):
            raise AssertionError(f"{answer.request}: the preload was not accepted: {answer.status} {answer.body[:300]!r}")
        first: Condition = "ready" if condition in ("stopped", "stopping") else condition
        await self._until(manager, prepared, first)
        if condition == "stopped":
            self._records.tell(_nonce(prepared), "exit 0")
            await self._until(manager, prepared, "failed")
        elif condition == "stopping":
            stop = manager.begin("DELETE", pool_path(prepared["pool_id"]))
            self._stopping.add(stop)
            stop.add_done_callback(self._stopping.discard)
            await self._until(manager, prepared, "loading")

    async def _until(self, manager: PoolManagerTarget, prepared: Mapping[str, Any], condition: Condition) -> None:
        wanted = {"ready": (True, True), "loading": (True, False), "failed": (False, False)}[condition]

        async def check() -> bool:
            answer = await manager.send("GET", f"{pool_path(prepared['pool_id'])}/status")
            told = answer.json()
            if answer.status != 200 or not isinstance(told, dict):
                raise AssertionError(f"{answer.request}: expected a status, got {answer.status}: {answer.body[:300]!r}")
            if condition == "ready" and told.get("last_error") and not told.get("live"):
                raise AssertionError(f"pool {prepared['pool_id']} is not ready: {told['last_error']}")
            started = bool(self._records.starts(_nonce(prepared)))
            return started and (told.get("live"), told.get("ready")) == wanted

        await self._time.until(check, within=PATIENCE, what=f"pool {prepared['pool_id']} is {condition}")

    async def dismiss(self, manager: PoolManagerTarget, pool_ids: Collection[str]) -> None:
        """Stop the pools where the pool manager has a call for it, and return when they are gone."""
        await asyncio.gather(*(self._dismiss(manager, pool_id) for pool_id in pool_ids))

    async def _dismiss(self, manager: PoolManagerTarget, pool_id: str) -> None:
        stop = manager.send("DELETE", pool_path(pool_id))
        with contextlib.suppress(ExchangeFailed):  # a call that it does not claim may go as wrong as it likes
            await self._time.complete(stop, within=PATIENCE, what=f"pool {pool_id} is stopped")


def _nonce(prepared: Mapping[str, Any]) -> str:
    flags = prepared["flags"]
    return str(flags[flags.index("--sim-nonce") + 1])
