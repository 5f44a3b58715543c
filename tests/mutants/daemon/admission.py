"""Binaries that cannot be started."""

from typing import Any

from pool_managerd.domain.errors import EngineConflict, PreloadRefused, SpawnFailed
from pool_managerd.manager import PoolManager
from pool_managerd.manager.pool_runner import PoolRunner
from tests.mutants.daemon.requests import rewrite
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def leaves_the_pool_loading() -> None:
    def fail(self: Any, failure: Any) -> None:
        if not isinstance(failure, SpawnFailed):
            tell(self, failure)

    tell = PoolRunner._fail
    patch(PoolRunner, "_fail", fail)


def does_not_say_why() -> None:
    for status in (403, 422):
        rewrite("POST", "/preload", status, lambda told: {} if told["code"].startswith(("binary_", "engine_")) else told)


def keeps_the_place_of_what_it_refused() -> None:
    refused: dict[str, Any] = {}

    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Any:
        if refused.get(pool_id, prepared) != prepared:
            raise EngineConflict(pool_id)
        try:
            return await begin(self, pool_id, prepared, wait=wait)
        except PreloadRefused:
            refused[pool_id] = prepared
            raise

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def stops_everything() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Any:
        try:
            return await begin(self, pool_id, prepared, wait=wait)
        except PreloadRefused:
            for runner in self._runners.values():
                runner.stop()
            raise

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


MUTANTS = (
    Mutant("PM-PRELOAD-5: leaves the pool loading when the binary cannot be executed", leaves_the_pool_loading),
    Mutant("PM-PRELOAD-5: does not say why", does_not_say_why),
    Mutant("PM-PRELOAD-5: keeps the place of an engine that it refused", keeps_the_place_of_what_it_refused),
    Mutant("PM-PRELOAD-5: stops everything because of one bad binary", stops_everything),
)
