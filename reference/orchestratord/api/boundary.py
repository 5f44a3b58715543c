"""What happens to every request before it is routed: the Host check, and the correlation id."""

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestratord import correlation
from orchestratord.api.hosts import HostRule
from orchestratord.api.problems import problem_response


class Boundary:
    """Pure ASGI: streams pass through untouched."""

    def __init__(self, app: ASGIApp, hosts: HostRule) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        correlation_id = correlation.adopt(headers.get(correlation.HEADER), headers.get(correlation.TRACE_HEADER))

        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[correlation.HEADER] = correlation_id
            await send(message)

        if self._hosts.allows(headers.get("host")):
            await self._app(scope, receive, send_with_id)
            return
        refusal = problem_response(
            421,
            "misdirected_host",
            "the Host header is not one of this server; name it in ORCHESTRATORD_ALLOWED_HOSTS if it is yours",
            instance=scope["path"],
        )
        await refusal(scope, receive, send_with_id)
