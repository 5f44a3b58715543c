"""How the routes describe their refusals, so that contracts/openapi.yaml can be compared with what is served."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from pool_managerd.api.correlation import HEADER
from pool_managerd.api.problems import (
    MEDIA_TYPE,
    STATUS,
    InternalError,
    MalformedHttp,
    MisdirectedHost,
    Problem,
    Unauthorised,
)
from pool_managerd.domain.errors import NoFreeSlot, PoolManagerError

Answers = dict[int | str, dict[str, Any]]

_SCHEMAS = "#/components/schemas/{model}"
_ANYBODY = (MalformedHttp, MisdirectedHost, InternalError)
_HEADERS: dict[type[PoolManagerError], dict[str, Any]] = {
    NoFreeSlot: {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}},
    Unauthorised: {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
}
"""Headers that an error always comes with."""


def refusals(*errors: type[PoolManagerError], public: bool = False) -> Answers:
    """The ``responses`` of a route that can fail with ``errors``, and with what every route can fail with."""
    everywhere = _ANYBODY if public else (Unauthorised, *_ANYBODY)
    by_status: dict[int, list[type[PoolManagerError]]] = defaultdict(list)
    for error in (*errors, *everywhere):
        by_status[STATUS[error]].append(error)
    return {status: _refusal(status, found) for status, found in sorted(by_status.items())}


def _refusal(status: int, errors: list[type[PoolManagerError]]) -> dict[str, Any]:
    code = {"enum": sorted(error.code for error in errors)}
    schema = {"allOf": [{"$ref": _SCHEMAS.format(model="Problem")}], "properties": {"code": code}}
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
    for error in errors:
        answer.setdefault("headers", {}).update(_HEADERS.get(error, {}))
    return answer


def header(*, required: bool = False) -> dict[str, Any]:
    """A header of an answer, of any text."""
    return {"schema": {"type": "string"}} | ({"required": True} if required else {})


class DocumentedApp(FastAPI):
    """Adds to the generated document what FastAPI cannot know: problems, and the header that every answer has."""

    def openapi(self) -> dict[str, Any]:
        """See :class:`~fastapi.FastAPI`."""
        document = super().openapi()
        schemas = document["components"]["schemas"]
        problem = TypeAdapter(Problem).json_schema(ref_template=_SCHEMAS)
        schemas.update({**problem.pop("$defs"), "Problem": problem})
        for generated in ("HTTPValidationError", "ValidationError"):
            schemas.pop(generated, None)
        for operations in document["paths"].values():
            for operation in operations.values():
                _correct(operation["responses"])
        return document


def _correct(answers: dict[str, Any]) -> None:
    """Drop the 422 that FastAPI supposes where a route never gives one."""
    if MEDIA_TYPE not in answers.get("422", {}).get("content", {MEDIA_TYPE: {}}):
        del answers["422"]
    for answer in answers.values():
        answer.setdefault("headers", {})[HEADER] = header()
