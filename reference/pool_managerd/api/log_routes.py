"""What a pool's engines printed (PM-OBS-4)."""

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import PlainTextResponse

from pool_managerd.api.documented import refusals
from pool_managerd.api.parameters import PoolId
from pool_managerd.api.problems import InvalidRequest
from pool_managerd.domain.errors import InvalidPoolId, UnknownPool
from pool_managerd.manager import PoolManager

MOST_LINES = 10_000


def serve_logs(app: FastAPI, manager: PoolManager) -> None:
    """Add /pools/{pool_id}/logs."""

    @app.get(
        "/pools/{pool_id}/logs",
        operation_id="read_log",
        response_class=PlainTextResponse,
        response_model=None,
        responses=refusals(InvalidRequest, InvalidPoolId, UnknownPool),
    )
    async def read_log(pool_id: PoolId, lines: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100) -> PlainTextResponse:
        text = await manager.log_tail(pool_id, lines)
        return PlainTextResponse(text, headers={"X-Content-Type-Options": "nosniff"})
