"""The routes: pool health, tasks and their streams.

Starlette without FastAPI: bodies and errors are read and written here anyway, and it starts in half the time.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from orchestratord import __version__
from orchestratord.api.bodies import read_body
from orchestratord.api.boundary import Boundary
from orchestratord.api.event_stream import EventStream
from orchestratord.api.hosts import HostRule
from orchestratord.api.problems import Problem, on_bug, on_http_exception, on_problem, on_task_error
from orchestratord.clock import Clock
from orchestratord.dispatch import Dispatcher
from orchestratord.errors import TaskAlreadyOpened, TooManyTasks, UnknownTask
from orchestratord.pool_manager.protocol import PoolManager
from orchestratord.tasks import TaskRegistry

IMPLEMENTATION = "poolpact reference orchestratord"
PROFILES = ("health", "dispatch", "leases", "modes")


class TaskRequest(BaseModel):
    """What ``POST /v1/tasks`` takes. Types are strict; unknown members are ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    pool_id: Annotated[str, Field(min_length=1, max_length=1024)]
    prompt: str
    max_tokens: Annotated[int, Field(ge=1, le=2**31 - 1)]


def create_app(pool_manager: PoolManager, dispatcher: Dispatcher, tasks: TaskRegistry, clock: Clock, hosts: HostRule) -> ASGIApp:
    """The ASGI application. It has no lifespan: whoever made ``pool_manager`` starts and closes it."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__, "implementation": IMPLEMENTATION, "profiles": PROFILES})

    async def pool_health(request: Request) -> Response:
        pool_id = request.path_params["pool_id"]
        view = await pool_manager.health(pool_id)
        return JSONResponse(
            {
                "live": view.live,
                "ready": view.ready,
                "draining": view.draining,
                "metrics": {"queue_depth": tasks.queue_depth(clock.monotonic(), pool_id)},
                "last_error": view.last_error,
                "source": view.source,
            }
        )

    async def add_task(request: Request) -> Response:
        wanted = await read_body(request, TaskRequest)
        task = tasks.add(clock.monotonic(), wanted.pool_id, wanted.prompt, wanted.max_tokens)
        return JSONResponse({"task_id": task.task_id}, 202, headers={"Location": f"/v1/tasks/{task.task_id}/stream"})

    async def stream_task(request: Request) -> Response:
        task = tasks.open(clock.monotonic(), request.path_params["task_id"])
        return EventStream(
            lambda emit: dispatcher.run(task, emit),
            finished=lambda: tasks.finish(clock.monotonic(), task.task_id),
        )

    app = Starlette(
        routes=[
            _route("GET", "/health", health),
            # "path": an id may hold an encoded slash, and is then a pool that nobody knows rather than a path that is not served.
            _route("GET", "/v1/pools/{pool_id:path}/health", pool_health),
            _route("POST", "/v1/tasks", add_task),
            _route("GET", "/v1/tasks/{task_id}/stream", stream_task),
        ],
        exception_handlers={
            Problem: on_problem,
            UnknownTask: on_task_error,
            TaskAlreadyOpened: on_task_error,
            TooManyTasks: on_task_error,
            HTTPException: on_http_exception,
            Exception: on_bug,
        },
    )
    app.router.redirect_slashes = False
    return Boundary(app, hosts)


def _route(method: str, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    route = Route(path, endpoint, methods=[method])
    route.methods = {method}  # Starlette adds HEAD to GET: looking at a stream would open it.
    return route
