"""Errors on the wire: RFC 9457 problem documents. The status code of every error is decided here and nowhere else.

Besides the errors of the domain there are those of the request itself::

    PoolManagerError
    └── RequestRefused
        ├── MalformedHttp         not an HTTP request at all
        ├── MalformedJson         the body is not JSON
        ├── UnsupportedMediaType  the body does not say that it is JSON
        ├── BodyTooLarge          more than is read
        ├── InvalidRequest        a member, header or query parameter is missing or wrong
        ├── Unauthorised          the token is missing or wrong
        ├── MisdirectedHost       a Host header of somebody else
        ├── NotFound              no such path
        ├── MethodNotAllowed      the path has other methods
        ├── NotReady              the daemon takes no preloads
        └── InternalError         a defect of the daemon
"""

import json
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final, NotRequired
from urllib.parse import quote

from pydantic import Field
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from pool_managerd.domain import errors
from pool_managerd.domain.errors import PoolManagerError

MEDIA_TYPE = "application/problem+json"
_MOST_FIELD_ERRORS = 20


class FieldError(TypedDict):
    """One thing that is wrong with a request: where (``body.prepared.port``) and why."""

    location: str
    message: str


class Problem(TypedDict):
    """An RFC 9457 problem document. ``code`` is stable, ``detail`` is for a person; unknown members are possible."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    code: Annotated[str, Field(min_length=1)]
    detail: str
    instance: NotRequired[str]
    errors: NotRequired[list[FieldError]]


class RequestRefused(PoolManagerError):
    """The request itself is not acceptable."""

    code = "request_refused"


class MalformedHttp(RequestRefused):
    """What arrived is not an HTTP request."""

    code = "malformed_http"


class MalformedJson(RequestRefused):
    """The body is not JSON (PM-PRELOAD-4)."""

    code = "malformed_json"


class UnsupportedMediaType(RequestRefused):
    """The body does not say that it is JSON (PM-PRELOAD-4)."""

    code = "unsupported_media_type"

    def __init__(self) -> None:
        super().__init__("the body must be JSON, with Content-Type: application/json")


class BodyTooLarge(RequestRefused):
    """The body has more bytes than are read."""

    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")


class InvalidRequest(RequestRefused):
    """Members, headers or query parameters are missing or wrong (PM-PRELOAD-4)."""

    code = "invalid_request"

    def __init__(self, field_errors: Sequence[FieldError]) -> None:
        first = "; ".join(f"{error['location']}: {error['message']}" for error in field_errors[:3])
        super().__init__(first if len(field_errors) <= 3 else f"{first}; and {len(field_errors) - 3} more")
        self.field_errors = tuple(field_errors[:_MOST_FIELD_ERRORS])


class Unauthorised(RequestRefused):
    """The bearer token is missing or wrong (PM-AUTH-1)."""

    code = "unauthorised"

    def __init__(self, *, token_given: bool) -> None:
        super().__init__("the bearer token is wrong" if token_given else "a bearer token is needed")
        self.challenge = 'Bearer realm="pool-managerd"' + (', error="invalid_token"' if token_given else "")


class MisdirectedHost(RequestRefused):
    """The Host header names somebody else (PM-AUTH-4)."""

    code = "misdirected_host"

    def __init__(self) -> None:
        super().__init__("the Host header names neither this daemon's address nor a host in POOL_MANAGERD_ALLOWED_HOSTS")


class NotFound(RequestRefused):
    """No such path."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("no such path")


class MethodNotAllowed(RequestRefused):
    """The path has other methods (PM-STATUS-7)."""

    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allow = ", ".join(allowed)
        super().__init__(f"this path has {self.allow}")


class NotReady(RequestRefused):
    """The daemon takes no preloads now."""

    code = "not_ready"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))


class InternalError(RequestRefused):
    """A defect of the daemon; what exactly is in its log, under the correlation id."""

    code = "internal_error"

    def __init__(self) -> None:
        super().__init__("an unexpected error; the daemon's log has it under the correlation id of this answer")


STATUS: Final[Mapping[type[PoolManagerError], int]] = {
    errors.InvalidPoolId: 400,
    errors.PoolIdMismatch: 422,
    errors.UnknownPool: 404,
    errors.EngineConflict: 409,
    errors.PoolStopping: 409,
    errors.PoolDraining: 409,
    errors.PoolNotReady: 409,
    errors.NoFreeSlot: 429,
    errors.LeaseLost: 410,
    errors.ManagerClosing: 503,
    errors.EngineNotAllowed: 403,
    errors.HostNotAllowed: 403,
    errors.BinaryNotFound: 422,
    errors.BinaryNotExecutable: 422,
    errors.SpawnFailed: 502,
    errors.EngineExited: 502,
    errors.StartupTimeout: 504,
    MalformedHttp: 400,
    MalformedJson: 400,
    UnsupportedMediaType: 415,
    BodyTooLarge: 413,
    InvalidRequest: 422,
    Unauthorised: 401,
    MisdirectedHost: 421,
    NotFound: 404,
    MethodNotAllowed: 405,
    NotReady: 503,
    InternalError: 500,
}


class ProblemResponse(JSONResponse):
    """A problem document. Written in ASCII: whatever a detail quotes, it can be sent."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """See :class:`~starlette.responses.Response`."""
        return json.dumps(content, allow_nan=False).encode("ascii")


def problem_response(error: PoolManagerError, path: str) -> ProblemResponse:
    """The answer that tells ``error``; ``path`` is the one that was asked for, as it was on the wire."""
    status = STATUS.get(type(error), 500)
    document: Problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": str(error),
        "instance": quote(path, safe="/%:@!$&'()*+,;=~"),
    }
    if isinstance(error, InvalidRequest):
        document["errors"] = list(error.field_errors)
    return ProblemResponse(document, status, _headers(error))


def _headers(error: PoolManagerError) -> dict[str, str]:
    match error:
        case errors.NoFreeSlot():
            return {"Retry-After": str(max(math.ceil(error.retry_after), 1))}
        case Unauthorised():
            return {"WWW-Authenticate": error.challenge}
        case MethodNotAllowed():
            return {"Allow": error.allow}
    return {}
