"""The daemon itself: health and readiness."""

from fastapi import FastAPI

from pool_managerd import __version__
from pool_managerd.api.documented import refusals
from pool_managerd.api.models import Health, Ready
from pool_managerd.api.problems import NotReady
from pool_managerd.manager import PoolManager

IMPLEMENTATION = "poolpact reference pool-managerd"
PROFILES = ("core", "auth", "leases", "observability")


def serve_daemon(app: FastAPI, manager: PoolManager) -> None:
    """Add /health and /ready."""

    @app.get("/health", operation_id="health", responses=refusals(public=True))
    async def health() -> Health:
        return Health(status="ok", version=__version__, implementation=IMPLEMENTATION, profiles=list(PROFILES))

    @app.get("/ready", operation_id="ready", responses=refusals(NotReady))
    async def ready() -> Ready:
        readiness = manager.readiness()
        if not readiness.ready:
            raise NotReady(readiness.reasons)
        return Ready(ready=True)
