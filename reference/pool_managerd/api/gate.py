"""What every request passes before a route sees it, and every answer on its way out."""

import time
from urllib.parse import quote

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from pool_managerd.api.correlation import HEADER, correlation_id
from pool_managerd.api.problems import InternalError, MisdirectedHost, RequestRefused, Unauthorised, problem_response
from pool_managerd.api.security import Security

PUBLIC_PATHS = frozenset({"/health"})
_log = structlog.get_logger("pool_managerd")


class Gate:
    """ASGI middleware: correlation id, Host and token checks, and a problem document for a defect.

    Routes see the path as it was on the wire: ``%2F`` never becomes a separator, and ``%2e%2e`` never a parent.
    """

    def __init__(self, app: ASGIApp, security: Security) -> None:
        self._app = app
        self._security = security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else quote(scope["path"])
        identifier = correlation_id(Headers(scope=scope))
        answer = _Answer(send, identifier)
        began = time.perf_counter()
        with bound_contextvars(correlation_id=identifier):
            await self._pass({**scope, "path": path}, receive, answer)
            took = round((time.perf_counter() - began) * 1000, 3)
            _log.debug("request", method=scope["method"], path=path, status=answer.status, ms=took)

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            self._check(scope)
            await self._app(scope, receive, answer)
        except RequestRefused as refusal:
            await problem_response(refusal, scope["path"])(scope, receive, answer)
        except ClientDisconnect:
            pass
        except Exception:
            _log.exception("request_failed", method=scope["method"], path=scope["path"])
            if answer.status is not None:
                raise
            await problem_response(InternalError(), scope["path"])(scope, receive, answer)

    def _check(self, scope: Scope) -> None:
        arrived_at = scope["server"][0] if scope.get("server") else None
        if not self._security.admits_host(_values(scope, b"host"), arrived_at):
            raise MisdirectedHost
        authorization = _values(scope, b"authorization")
        if scope["path"] not in PUBLIC_PATHS and not self._security.authorises(authorization):
            raise Unauthorised(token_given=bool(authorization))


class _Answer:
    """The way back: adds the correlation id and remembers the status."""

    def __init__(self, send: Send, identifier: str) -> None:
        self._send = send
        self._identifier = identifier
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self._identifier
        await self._send(message)


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key.lower() == name]
