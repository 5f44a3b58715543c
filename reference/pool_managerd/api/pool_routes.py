"""Pools: list, status, preload, stop."""

from typing import Annotated, Any

from fastapi import FastAPI, Header, Query, Response

from pool_managerd.api.documented import header, refusals
from pool_managerd.api.models import Page, PreloadAccepted, PreloadDone, PreloadRequest, Status
from pool_managerd.api.parameters import PoolId
from pool_managerd.api.preferences import preference_applied, wait_of
from pool_managerd.api.problems import BodyTooLarge, InvalidRequest, MalformedJson, UnsupportedMediaType
from pool_managerd.domain.errors import (
    BinaryNotExecutable,
    BinaryNotFound,
    EngineConflict,
    EngineExited,
    EngineNotAllowed,
    HostNotAllowed,
    InvalidPoolId,
    ManagerClosing,
    PoolDraining,
    PoolIdMismatch,
    PoolStopping,
    SpawnFailed,
    StartupTimeout,
    UnknownPool,
)
from pool_managerd.manager import PoolManager

_PREFERENCE_APPLIED = {"Preference-Applied": header()}
_LOCATION = {"Location": header(required=True)}
_PRELOAD_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"headers": _PREFERENCE_APPLIED},
    202: {"model": PreloadAccepted, "headers": _LOCATION | _PREFERENCE_APPLIED},
}
_PRELOAD_REFUSALS = refusals(
    MalformedJson,
    UnsupportedMediaType,
    BodyTooLarge,
    InvalidRequest,
    InvalidPoolId,
    PoolIdMismatch,
    EngineNotAllowed,
    HostNotAllowed,
    BinaryNotFound,
    BinaryNotExecutable,
    EngineConflict,
    PoolDraining,
    PoolStopping,
    SpawnFailed,
    EngineExited,
    StartupTimeout,
    ManagerClosing,
)


def serve_pools(app: FastAPI, manager: PoolManager) -> None:
    """Add the calls on pools."""

    @app.get("/pools", operation_id="list_pools", responses=refusals(InvalidRequest))
    async def list_pools(
        limit: Annotated[int, Query(ge=1, le=1000)] = 100, after: Annotated[str, Query(max_length=128)] = ""
    ) -> Page:
        found = [status for status in manager.statuses() if status.pool_id > after][: limit + 1]
        page = found[:limit]
        next_after = page[-1].pool_id if len(found) > limit else None
        return Page(pools=[Status.of(status) for status in page], next_after=next_after)

    @app.get("/pools/{pool_id}/status", operation_id="get_pool_status", responses=refusals(InvalidPoolId, UnknownPool))
    async def get_pool_status(pool_id: PoolId) -> Status:
        return Status.of(manager.status(pool_id))

    @app.post(
        "/pools/{pool_id}/preload",
        operation_id="preload_pool",
        response_model=PreloadDone,
        responses=_PRELOAD_ANSWERS | _PRELOAD_REFUSALS,
    )
    async def preload_pool(
        pool_id: PoolId, body: PreloadRequest, answer: Response, prefer: Annotated[list[str], Header(default_factory=list)]
    ) -> PreloadDone | Response:
        wait = wait_of(prefer)
        preloaded = await manager.preload(pool_id, body.prepared, wait=wait or 0)
        if preloaded.ready and preloaded.pid is not None:
            answer.headers.update(preference_applied(wait))
            return PreloadDone(pool_id=pool_id, ready=True, pid=preloaded.pid, handoff_path=str(preloaded.handoff_path))
        accepted = PreloadAccepted(pool_id=pool_id, ready=False).model_dump_json()
        headers = {"Location": f"/pools/{pool_id}/status"} | preference_applied(wait)
        return Response(accepted, 202, headers, media_type="application/json")

    @app.delete("/pools/{pool_id}", operation_id="delete_pool", status_code=204, responses=refusals(InvalidPoolId, UnknownPool))
    async def delete_pool(pool_id: PoolId) -> None:
        await manager.stop(pool_id)
