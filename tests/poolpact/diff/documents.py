"""Small contracts to compare."""

import copy
from collections.abc import Callable
from typing import Any

from poolpact.diff import ContractVersion, compare
from poolpact.diff.changes import Change, Side

PROBLEM = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string", "minLength": 1}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "pool-managerd", "version": "0.1.0"},
    "servers": [{"url": "http://127.0.0.1:9200"}],
    "security": [{"token": []}],
    "paths": {
        "/health": {"get": {"operationId": "health", "security": [], "responses": {"200": {"description": "up"}}}},
        "/pools/{pool_id}/preload": {
            "parameters": [{"$ref": "#/components/parameters/PoolId"}],
            "post": {
                "operationId": "preload",
                "parameters": [
                    {"name": "Prefer", "in": "header", "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "maximum": 10}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}},
                },
                "responses": {
                    "200": {
                        "description": "it is ready",
                        "headers": {
                            "Location": {"required": True, "schema": {"type": "string"}},
                            "X-Correlation-Id": {"schema": {"type": "string"}},
                        },
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}},
                    },
                    "202": {"description": "it is loading"},
                    "409": {"$ref": "#/components/responses/Conflict"},
                },
            },
        },
    },
    "components": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        },
        "parameters": {
            "PoolId": {"name": "pool_id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 128}}
        },
        "responses": {
            "Conflict": {
                "description": "another engine runs",
                "content": {
                    "application/problem+json": {
                        "schema": {
                            "allOf": [{"$ref": "#/components/schemas/Problem"}],
                            "properties": {"code": {"enum": ["engine_conflict", "pool_stopping"]}},
                        }
                    }
                },
            }
        },
        "schemas": {
            "Problem": PROBLEM,
            "Request": {
                "type": "object",
                "required": ["port"],
                "properties": {
                    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                    "mode": {"type": "string", "enum": ["fast", "slow"]},
                    "mask": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
            "Status": {
                "type": "object",
                "required": ["pool_id", "state"],
                "properties": {
                    "pool_id": {"type": "string"},
                    "state": {"type": "string", "enum": ["loading", "ready"]},
                    "pid": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    "url": {"type": "string"},
                },
            },
        },
    },
}
Edit = Callable[[dict[str, Any]], Any]


def edited(edit: Edit, document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    """A copy of ``document`` after ``edit``."""
    changed = copy.deepcopy(document)
    edit(changed)
    return changed


def version(document: dict[str, Any], name: str = "contract") -> ContractVersion:
    return ContractVersion(name, document)


def changes(old: dict[str, Any], new: dict[str, Any]) -> tuple[Change, ...]:
    return compare(version(old, "old"), version(new, "new")).changes


def broken(found: tuple[Change, ...]) -> set[Side]:
    return {side for change in found for side in change.breaks}


def with_schemas(request: Any, answer: Any) -> dict[str, Any]:
    """The document with other schemas in its request body and in its 200."""

    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Request"] = request
        document["components"]["schemas"]["Status"] = answer

    return edited(edit)
