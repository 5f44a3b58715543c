"""Errors as RFC 9457 problem documents, and the only place that gives them status codes."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orchestratord.errors import OrchestratorError, TaskAlreadyOpened, TooManyTasks, UnknownTask

MEDIA_TYPE: Final = "application/problem+json"
_STATUS: Final[dict[type[OrchestratorError], int]] = {UnknownTask: 404, TaskAlreadyOpened: 409, TooManyTasks: 503}
_CODES_OF_ROUTING: Final = {404: "not_found", 405: "method_not_allowed"}


class Problem(Exception):
    """A request that is refused before anything of it is done."""

    def __init__(self, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    instance: str,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document. ``instance`` is the path that was asked for; ``errors`` lists the members that do not fit."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": instance,
    }
    if errors is not None:
        document["errors"] = errors
    return JSONResponse(document, status, headers=headers, media_type=MEDIA_TYPE)


async def on_problem(request: Request, error: Exception) -> Response:
    """Handler of :class:`Problem`."""
    assert isinstance(error, Problem)  # noqa: S101 - registered for this type
    return problem_response(error.status, error.code, error.detail, instance=request.url.path, errors=error.errors)


async def on_task_error(request: Request, error: Exception) -> Response:
    """Handler of UnknownTask, TaskAlreadyOpened and TooManyTasks."""
    assert isinstance(error, UnknownTask | TaskAlreadyOpened | TooManyTasks)  # noqa: S101 - registered for these types
    headers = {"Retry-After": "1"} if isinstance(error, TooManyTasks) else None
    return problem_response(_STATUS[type(error)], error.code, str(error), instance=request.url.path, headers=headers)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Handler of what the routing refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    code = _CODES_OF_ROUTING.get(error.status_code, f"http_{error.status_code}")
    return problem_response(error.status_code, code, error.detail, instance=request.url.path, headers=error.headers)


async def on_bug(request: Request, error: Exception) -> Response:
    """Handler of everything else; the log has the details, the answer has none."""
    return problem_response(500, "internal_error", "this is a defect of orchestratord; see its log", instance=request.url.path)
