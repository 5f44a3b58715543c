"""Reading a request body: bounded, JSON and nothing else."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from pool_managerd.api.problems import BodyTooLarge, MalformedJson, UnsupportedMediaType

LONGEST_BODY = 1024 * 1024
"""Bytes. A PreparedEngine is a few kilobytes."""


class JsonRoute(APIRoute):
    """A route whose body, where it has one, is read here before FastAPI looks at it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See :class:`~fastapi.routing.APIRoute`."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        is_optional = not self.body_field.field_info.is_required()

        async def read_and_handle(request: Request) -> Response:
            return await handle(await _ReadRequest.of(request, is_optional=is_optional))

        return read_and_handle


class _ReadRequest(Request):
    """A request whose body is read and parsed."""

    _content: bytes
    _document: Any

    @classmethod
    async def of(cls, request: Request, *, is_optional: bool) -> "_ReadRequest":
        """Raises UnsupportedMediaType, BodyTooLarge, MalformedJson."""
        if not is_optional:
            _check_media_type(request.headers.get("content-type", ""))
        read = cls(request.scope, request.receive)
        read._content = await _read(request)
        if is_optional and not read._content:
            return read
        _check_media_type(request.headers.get("content-type", ""))
        try:
            read._document = from_json(read._content, allow_inf_nan=False)
        except ValueError as error:
            raise MalformedJson(f"the body is not JSON: {error}") from None
        return read

    async def body(self) -> bytes:
        return self._content

    async def json(self) -> Any:
        return self._document


def _check_media_type(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not (media_type.startswith("application/") and media_type.endswith("+json")):
        raise UnsupportedMediaType


async def _read(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > LONGEST_BODY:
        raise BodyTooLarge(LONGEST_BODY)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LONGEST_BODY:
            raise BodyTooLarge(LONGEST_BODY)
    return bytes(content)
