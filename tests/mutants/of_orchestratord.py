"""The reference's orchestrator with one deliberate defect each. Usage: of_orchestratord.py MUTANT [arguments of behave]."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from behave.__main__ import main

from orchestratord import app, correlation, dispatch
from orchestratord import settings as settings_module
from orchestratord.client import calls, pacing, retry, transport
from orchestratord.client.models import PoolStatus
from orchestratord.errors import InvalidSettings, PoolManagerError, PoolManagerUnavailable, ProtocolViolation
from orchestratord.pool_manager import embedded, fallback
from orchestratord.pool_manager.protocol import HeldLease, PoolView
from orchestratord.pool_manager.remote import RemotePoolManager
from poolpact import orchestrators


def patch(owner: Any, name: str, value: object) -> None:
    """Replace something that is there: a mutant that outlives what it patched is an error."""
    getattr(owner, name)
    setattr(owner, name, value)


async def _nothing(*_: object) -> None:
    return None


def shrugs_at(name: str) -> Callable[[], None]:
    def apply() -> None:
        read = settings_module.read_settings

        def lenient(settings: Mapping[str, str]) -> Any:
            try:
                return read(settings)
            except InvalidSettings:
                return read({other: value for other, value in settings.items() if other != name})

        patch(orchestrators, "read_settings", lenient)

    return apply


def reads_handoff_files() -> None:
    build = app.build
    ask = RemotePoolManager.ask
    folders: set[str] = set()

    def noting(settings: Any, *, environ: Mapping[str, str], **more: Any) -> Any:
        folders.add(environ.get("POOL_MANAGERD_RUN_DIR", "."))
        return build(settings, environ=environ, **more)

    def handed_over(pool_id: str) -> bool:
        handoffs = [Path(folder, "handoff", f"{pool_id}.json") for folder in folders]
        return any(json.loads(handoff.read_text()) for handoff in handoffs if handoff.exists())

    async def believing(self: Any, pool_id: str) -> PoolView:
        if handed_over(pool_id):
            return PoolView(pool_id, "remote", live=True, ready=True, slots_free=1)
        return await ask(self, pool_id)

    patch(orchestrators, "build", noting)
    patch(RemotePoolManager, "ask", believing)


def says_less_in_process() -> None:
    health = embedded.EmbeddedPoolManager.health

    async def terse(self: Any, pool_id: str) -> PoolView:
        return replace(await health(self, pool_id), last_error=None)

    patch(embedded.EmbeddedPoolManager, "health", terse)


def asks_with_the_id_as_it_is() -> None:
    patch(calls, "_segment", lambda text: text)


def asks_twice_and_deletes() -> None:
    status = calls.get_pool_status

    def deleting(pool_id: str) -> Any:
        call = status(pool_id)
        return replace(call, request=replace(call.request, method="DELETE", target=f"/pools/{pool_id}/leases/0"))

    async def health(self: Any, pool_id: str) -> Any:
        await self._client._call(replace(deleting(pool_id), parse=lambda answer: None), 1.0)
        return await ask(self, pool_id)

    ask = RemotePoolManager.health
    patch(RemotePoolManager, "health", health)


def takes_the_token_along() -> None:
    exchange = transport.HttpTransport._exchange

    async def following(self: Any, request: Any) -> Any:
        answer = await exchange(self, request)
        if answer.status in (301, 302, 303, 307, 308):
            response = await self._client.get(answer.headers["location"], headers=request.headers)
            return replace(answer, status=response.status_code, body=response.content)
        return answer

    patch(transport.HttpTransport, "_exchange", following)


def logs_the_token() -> None:
    exchange = transport.HttpTransport._exchange

    async def talkative(self: Any, request: Any) -> Any:
        structlog.get_logger().info("asking", headers=dict(request.headers))
        return await exchange(self, request)

    patch(transport.HttpTransport, "_exchange", talkative)


def forgets_the_correlation() -> None:
    patch(correlation, "HEADER", "X-Something-Else")


def believes_another_pools_answer() -> None:
    patch(calls, "_of_pool", lambda answered, pool_id: answered)


def believes_loose_types() -> None:
    PoolStatus.model_config["strict"] = False
    PoolStatus.model_rebuild(force=True)


def wants_no_unknown_member() -> None:
    read = calls._read
    known = {"state", "engine_version", "device_mask", "model_path", "pid", *PoolStatus.model_fields}

    def strict(model: Any, answer: Any, *statuses: int) -> Any:
        said = read(model, answer, *statuses)
        if model is PoolStatus and not json.loads(answer.body).keys() <= known:
            raise ProtocolViolation("an unknown member")
        return said

    patch(calls, "_read", strict)


def waits_for_each_byte() -> None:
    exchange = transport.HttpTransport.exchange

    async def patient(self: Any, request: Any, seconds: float) -> Any:
        return await exchange(self, request, 1.5)

    patch(transport.HttpTransport, "exchange", patient)


def takes_leases_again_and_again() -> None:
    acquire = calls.acquire_lease
    patch(calls, "acquire_lease", lambda pool_id, key=None: acquire(pool_id))
    patch(retry, "is_safe", lambda method: True)


def storms_the_place() -> None:
    patch(pacing.Pacer, "ask", lambda self, now, **_: self._begin(now))


def is_slow_to_return() -> None:
    patch(pacing, "PROBE_INTERVAL", 3.0)
    patch(pacing, "_SECOND", 3.0)


def dispatches_to_anybody() -> None:
    async def acquire(self: Any, view: PoolView, task: Any) -> HeldLease:
        return HeldLease(view.pool_id, view.source)

    patch(dispatch, "_gate", lambda view: view.url or "http://127.0.0.1:1")
    patch(dispatch.Dispatcher, "_acquire", acquire)


def keeps_its_leases() -> None:
    patch(dispatch.Dispatcher, "_release", _nothing)


def crashes_without_a_lease() -> None:
    async def acquire(self: Any, view: PoolView, task: Any) -> Any:
        return await self._pool_manager.acquire(view, task.task_id)

    patch(dispatch.Dispatcher, "_acquire", acquire)


def falls_back_on_every_failure() -> None:
    patch(fallback, "Unreachable", PoolManagerError)


def hides_where_it_has_it_from() -> None:
    health = fallback.FallbackPoolManager.health

    async def hidden(self: Any, pool_id: str) -> PoolView:
        return replace(await health(self, pool_id), source="remote")

    patch(fallback.FallbackPoolManager, "health", hidden)


def fails_with_its_pool_manager() -> None:
    async def health(self: Any, pool_id: str) -> Any:
        try:
            return await self.ask(pool_id)
        except PoolManagerUnavailable as error:
            raise RuntimeError("down") from error

    patch(RemotePoolManager, "health", health)


MUTANTS: Mapping[str, tuple[str, Callable[[], None]]] = {
    "shrugs at a bad address": ("OR-CFG-1", shrugs_at("POOL_MANAGERD_URL")),
    "shrugs at a bad mode": ("OR-CFG-2", shrugs_at("POOL_MANAGER_MODE")),
    "reads handoff files": ("OR-HANDOFF-1", reads_handoff_files),
    "says less in process": ("OR-PARITY-1", says_less_in_process),
    "asks with the id as it is": ("OR-REQ-1", asks_with_the_id_as_it_is),
    "asks twice and deletes": ("OR-REQ-1", asks_twice_and_deletes),
    "takes the token along": ("OR-REQ-2", takes_the_token_along),
    "logs the token": ("OR-REQ-2", logs_the_token),
    "forgets the correlation": ("OR-REQ-3", forgets_the_correlation),
    "believes another pool's answer": ("OR-DEG-1", believes_another_pools_answer),
    "believes loose types": ("OR-DEG-1", believes_loose_types),
    "fails with its pool manager": ("OR-DEG-1", fails_with_its_pool_manager),
    "waits for each byte": ("OR-DEG-2", waits_for_each_byte),
    "wants no unknown member": ("OR-DEG-3", wants_no_unknown_member),
    "takes leases again and again": ("OR-RETRY-1", takes_leases_again_and_again),
    "storms the place": ("OR-RETRY-2", storms_the_place),
    "is slow to return": ("OR-RETRY-3", is_slow_to_return),
    "dispatches to anybody": ("OR-GATE-1", dispatches_to_anybody),
    "dispatches to anybody, unrefused": ("OR-GATE-2", dispatches_to_anybody),
    "keeps its leases": ("OR-GATE-3", keeps_its_leases),
    "crashes without a lease": ("OR-GATE-4", crashes_without_a_lease),
    "falls back on every failure": ("OR-FALLBACK-1", falls_back_on_every_failure),
    "hides where it has it from": ("OR-FALLBACK-1", hides_where_it_has_it_from),
}

if __name__ == "__main__":
    MUTANTS[sys.argv[1]][1]()
    sys.exit(main(sys.argv[2:]))
