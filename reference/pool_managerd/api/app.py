"""The FastAPI application over one manager."""

from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from pool_managerd import __version__
from pool_managerd.api.daemon_routes import serve_daemon
from pool_managerd.api.documented import DocumentedApp
from pool_managerd.api.drain_routes import serve_drains
from pool_managerd.api.event_routes import serve_events
from pool_managerd.api.gate import Gate
from pool_managerd.api.lease_routes import serve_leases
from pool_managerd.api.log_routes import serve_logs
from pool_managerd.api.metrics_routes import serve_metrics
from pool_managerd.api.pool_routes import serve_pools
from pool_managerd.api.problems import (
    FieldError,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    RequestRefused,
    problem_response,
)
from pool_managerd.api.reading import JsonRoute
from pool_managerd.api.security import Security
from pool_managerd.domain.errors import PoolManagerError
from pool_managerd.manager import PoolManager


def create_app(manager: PoolManager, security: Security) -> FastAPI:
    """The HTTP API of ``manager``, which the caller starts and closes.

    Serves contracts/openapi.yaml. Every answer comes from an immutable snapshot or one call on the manager.
    """
    app = DocumentedApp(title="pool-managerd", version=__version__, openapi_url=None, redirect_slashes=False)
    app.router.route_class = JsonRoute
    serve_daemon(app, manager)
    serve_pools(app, manager)
    serve_drains(app, manager)
    serve_leases(app, manager)
    serve_logs(app, manager)
    serve_events(app, manager)
    serve_metrics(app, manager)
    app.add_exception_handler(PoolManagerError, _tell_error)
    app.add_exception_handler(RequestValidationError, _tell_invalid)
    app.add_exception_handler(HTTPException, _tell_unrouted)
    app.add_middleware(Gate, security=security)
    return app


async def _tell_error(request: Request, error: Exception) -> Response:
    return problem_response(cast(PoolManagerError, error), request.scope["path"])


async def _tell_invalid(request: Request, error: Exception) -> Response:
    found = cast(RequestValidationError, error).errors()
    field_errors = [FieldError(location=".".join(str(part) for part in one["loc"]), message=one["msg"]) for one in found]
    return problem_response(InvalidRequest(field_errors), request.scope["path"])


async def _tell_unrouted(request: Request, error: Exception) -> Response:
    return problem_response(_unrouted(request, cast(HTTPException, error)), request.scope["path"])


def _unrouted(request: Request, error: HTTPException) -> RequestRefused:
    match error.status_code:
        case 404:
            return NotFound()
        case 405:
            return MethodNotAllowed(_methods_of(request))
    return InternalError()


def _methods_of(request: Request) -> list[str]:
    """The methods of the path, over all of its routes."""
    routes = [route for route in request.app.routes if isinstance(route, APIRoute)]
    return sorted(
        {method for route in routes if route.matches(request.scope)[0] is not Match.NONE for method in route.methods or ()}
    )
