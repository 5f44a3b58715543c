"""The metrics (PM-OBS-1)."""

import asyncio

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import PlainTextResponse

from pool_managerd.api.documented import refusals
from pool_managerd.api.metrics import Metrics
from pool_managerd.manager import PoolManager


def serve_metrics(app: FastAPI, manager: PoolManager) -> None:
    """Add /metrics."""
    metrics = Metrics()
    manager.changes.listen(metrics.preloads.note)

    @app.get("/metrics", operation_id="read_metrics", response_class=PlainTextResponse, response_model=None, responses=refusals())
    async def read_metrics() -> PlainTextResponse:
        text = await asyncio.to_thread(metrics.text, manager.statuses())
        return PlainTextResponse(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
