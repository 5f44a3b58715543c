"""An OpenAPI document reduced to what a client can tell apart, so that a written one can be compared with a generated one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poolpact.contract.document import at_pointer, load_document

CONTRACTS = Path(__file__).parents[2] / "contracts"
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_PROSE = ("title", "description", "summary", "example", "examples")


def load_contract() -> dict[str, Any]:
    return load_document(CONTRACTS / "openapi.yaml")


def operations(document: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """(method, path) -> operation, every reference in it resolved, every prose removed."""
    return {
        (method, path): _normal_operation(resolved(operation, document))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    }


def codes(operation: Mapping[str, Any]) -> dict[str, set[str]]:
    """status -> the codes of its problems; empty for an answer that is no problem."""
    return {
        status: set(answer["content"]["application/problem+json"]["schema"]["properties"]["code"]["enum"])
        if "application/problem+json" in answer["content"]
        else set()
        for status, answer in operation["responses"].items()
    }


def resolve(reference: str, document: Mapping[str, Any]) -> Any:
    """What a local reference points at; raises LookupError."""
    return at_pointer(document, reference.removeprefix("#"))


def resolved(node: Any, document: Mapping[str, Any]) -> Any:
    """``node`` with what its references point at in their places."""
    if isinstance(node, dict):
        if "$ref" in node:
            target = resolved(resolve(node["$ref"], document), document)
            return target | resolved({key: value for key, value in node.items() if key != "$ref"}, document)
        return {str(key): resolved(value, document) for key, value in node.items()}
    if isinstance(node, list):
        return [resolved(member, document) for member in node]
    return node


def _normal_operation(operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {})
    return {
        "operationId": operation["operationId"],
        "parameters": dict(sorted(_normal_parameter(parameter) for parameter in operation.get("parameters", []))),
        "body_required": body.get("required", False),
        "body": _normal_content(body),
        "responses": {status: _normal_response(answer) for status, answer in sorted(operation["responses"].items())},
    }


def _normal_parameter(parameter: dict[str, Any]) -> tuple[tuple[str, str], dict[str, Any]]:
    name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
    required = parameter.get("required", False)
    schema = _normal_schema(parameter["schema"])
    if not required:
        schema = _without_null(schema)
    return (parameter["in"], name), {"required": required, "schema": schema}


def _normal_response(answer: dict[str, Any]) -> dict[str, Any]:
    headers = {
        name.lower(): {"required": header.get("required", False), "schema": _normal_schema(header["schema"])}
        for name, header in answer.get("headers", {}).items()
    }
    return {"headers": headers, "content": _normal_content(answer)}


def _normal_content(holder: dict[str, Any]) -> dict[str, Any]:
    return {media_type: {"schema": _normal_schema(body["schema"])} for media_type, body in holder.get("content", {}).items()}


def _normal_schema(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_normal_schema(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    normal = {key: _normal_schema(value) for key, value in schema.items() if key not in _PROSE and not key.startswith("x-")}
    if "properties" in schema:
        normal["properties"] = {name: _normal_schema(member) for name, member in schema["properties"].items()}
    for unordered in ("required", "enum"):
        if unordered in normal:
            normal[unordered] = sorted(normal[unordered])
    return normal


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is null for the application only."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    return choices[0] if len(choices) == 1 else schema
