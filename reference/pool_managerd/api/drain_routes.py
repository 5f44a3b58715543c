"""Drain: let a pool finish what it has."""

from typing import Annotated, Any

from fastapi import FastAPI, Header, Response

from pool_managerd.api.documented import header, refusals
from pool_managerd.api.models import DrainAccepted, DrainDone, DrainRequest
from pool_managerd.api.parameters import PoolId
from pool_managerd.api.preferences import preference_applied, wait_of
from pool_managerd.api.problems import BodyTooLarge, InvalidRequest, MalformedJson, UnsupportedMediaType
from pool_managerd.domain.errors import EngineExited, InvalidPoolId, PoolStopping, UnknownPool
from pool_managerd.manager import PoolManager

_PREFERENCE_APPLIED = {"Preference-Applied": header()}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"headers": _PREFERENCE_APPLIED},
    202: {"model": DrainAccepted, "headers": {"Location": header(required=True)} | _PREFERENCE_APPLIED},
}
_REFUSALS = refusals(
    MalformedJson, UnsupportedMediaType, BodyTooLarge, InvalidRequest, InvalidPoolId, UnknownPool, PoolStopping, EngineExited
)


def serve_drains(app: FastAPI, manager: PoolManager) -> None:
    """Add the call that drains a pool."""

    @app.post("/pools/{pool_id}/drain", operation_id="drain_pool", response_model=DrainDone, responses=_ANSWERS | _REFUSALS)
    async def drain_pool(
        pool_id: PoolId,
        answer: Response,
        prefer: Annotated[list[str], Header(default_factory=list)],
        body: DrainRequest | None = None,
    ) -> DrainDone | Response:
        wait = wait_of(prefer)
        deadline = None if body is None or body.deadline_ms is None else body.deadline_ms / 1000
        drained = await manager.drain(pool_id, deadline=deadline, wait=wait or 0)
        if drained.done:
            answer.headers.update(preference_applied(wait))
            return DrainDone(pool_id=pool_id, drained=True, forced=drained.forced)
        accepted = DrainAccepted(pool_id=pool_id, drained=False).model_dump_json()
        headers = {"Location": f"/pools/{pool_id}/status"} | preference_applied(wait)
        return Response(accepted, 202, headers, media_type="application/json")
