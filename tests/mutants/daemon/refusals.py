"""Preloads whose body is wrong."""

import shlex
from collections.abc import Callable
from typing import Any

from pool_managerd.api import reading
from pool_managerd.api.models import PreloadRequest
from pool_managerd.api.problems import STATUS, MalformedJson
from pool_managerd.domain.errors import PoolIdMismatch
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.manager import PoolManager
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework


def preloads(change: Callable[[str, PreparedEngine], tuple[str, PreparedEngine]]) -> None:
    """The manager gets another id, or another engine, than the request has."""

    def make(preload: Any) -> Any:
        async def changed(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Any:
            return await preload(self, *change(pool_id, prepared), wait=wait)

        return changed

    rework(PoolManager, "preload", make)


def believes_the_path() -> None:
    preloads(lambda pool_id, prepared: (pool_id, prepared.model_copy(update={"pool_id": pool_id})))


def believes_the_body() -> None:
    preloads(lambda pool_id, prepared: (prepared.pool_id, prepared))


def refuses_after_it_started() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, *, wait: float = 0.0) -> Any:
        told = await begin(self, prepared.pool_id, prepared, wait=wait)
        if prepared.pool_id != pool_id:
            raise PoolIdMismatch(pool_id, prepared.pool_id)
        return told

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


def reads(member: str, change: Callable[[Any], Any]) -> Callable[[], None]:
    """A member of the PreparedEngine is changed before it is checked."""

    def make(from_json: Any) -> Any:
        def read(content: bytes, **more: Any) -> Any:
            document = from_json(content, **more)
            if isinstance(document, dict) and isinstance(prepared := document.get("prepared"), dict):
                prepared[member] = change(prepared.get(member))
            return document

        return read

    return lambda: rework(reading, "from_json", make)


def is_loose_with_types() -> None:
    PreparedEngine.model_config["strict"] = False
    PreparedEngine.model_rebuild(force=True)
    PreloadRequest.model_rebuild(force=True)


def trips_over_bad_json() -> None:
    patch(STATUS, MalformedJson, 500)


def within_ports(port: Any) -> Any:
    return port % 65536 if type(port) is int and port > 65535 else port


MUTANTS = (
    Mutant("PM-PRELOAD-3: believes the path", believes_the_path),
    Mutant("PM-PRELOAD-3: believes the body", believes_the_body),
    Mutant("PM-PRELOAD-3: refuses after it has started the engine", refuses_after_it_started),
    Mutant("PM-PRELOAD-4: is loose with types", is_loose_with_types),
    Mutant(
        "PM-PRELOAD-4: cuts the fraction of a port", reads("port", lambda port: int(port) if isinstance(port, float) else port)
    ),
    Mutant("PM-PRELOAD-4: counts ports in circles", reads("port", within_ports)),
    Mutant(
        "PM-PRELOAD-4: splits flags that are one text",
        reads("flags", lambda flags: shlex.split(flags) if isinstance(flags, str) else flags),
    ),
    Mutant("PM-PRELOAD-4: takes no slots for not told", reads("slots_total", lambda slots: slots or None)),
    Mutant("PM-PRELOAD-4: trips over bad JSON", trips_over_bad_json),
)
