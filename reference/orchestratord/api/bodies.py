"""Request bodies: bounded while they are read, and strict."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from orchestratord.api.problems import Problem

MOST_BYTES = 1024 * 1024
_MOST_DISCARDED = 64 * 1024 * 1024
"""So much of a body that is too long is read and thrown away: a client that still sends would not see the refusal."""

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: Request, model: type[Model]) -> Model:
    """The JSON body as ``model``; raises :class:`Problem` for any other."""
    body = await _read(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "unsupported_media_type", "the body is application/json")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        mismatches = error.errors(include_url=False, include_context=False, include_input=False)
        if any(mismatch["type"] == "json_invalid" for mismatch in mismatches):
            raise Problem(400, "malformed_json", mismatches[0]["msg"]) from None
        errors = [
            {"location": ".".join(["body", *map(str, mismatch["loc"])]), "message": mismatch["msg"]} for mismatch in mismatches
        ]
        detail = "; ".join(f"{each['location']}: {each['message']}" for each in errors)
        raise Problem(422, "invalid_request", detail, errors) from None


async def _read(request: Request) -> bytes:
    body = bytearray()
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > _MOST_DISCARDED:
            break
        if read <= MOST_BYTES:
            body += chunk
    if read > MOST_BYTES:
        raise Problem(413, "body_too_large", f"a body has at most {MOST_BYTES} bytes")
    return bytes(body)
