"""The examples of an OpenAPI document: which are missing, and which are wrong."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from poolpact.contract import Contract, ContractViolation
from tests.contracts.normal_form import resolved

_METHODS = ("get", "put", "post", "delete")
_PROBLEM = "application/problem+json"


def mistakes_in(document: Mapping[str, Any]) -> list[str]:
    """What the examples of ``document`` lack or get wrong, one line each: every parameter, body and answer header needs one
    that its schema allows, and a refusal one of each of its codes.
    """
    contract = Contract(document)
    found: list[str] = []
    for path, item in resolved(document["paths"], document).items():
        for method in _METHODS:
            if method in item:
                found += _of_operation(contract, path, method, item[method])
    return found


def _of_operation(contract: Contract, path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    name = operation["operationId"]
    in_path = {}
    for parameter in operation.get("parameters", []):
        yield from _of_holder(parameter, f"{name}: parameter {parameter['name']}")
        if parameter["in"] == "path":
            in_path[parameter["name"]] = str(next(iter(_values(parameter)), ""))
    for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
        yield from _of_holder(body, f"{name}: body as {media_type}")
    for status, answer in operation["responses"].items():
        place = f"{name}: {status}"
        headers = {}
        for header, definition in answer.get("headers", {}).items():
            yield from _of_holder(definition, f"{place}: header {header}")
            headers[header] = str(next(iter(_values(definition)), ""))
        for media_type, body in answer.get("content", {}).items():
            values = _values(body)
            if not values:
                yield f"{place}: no example of {media_type}"
            for value in values:
                sent = {**headers, "content-type": media_type}
                yield from _of_answer(contract, method, path.format(**in_path), int(status), sent, value, place)
            if media_type == _PROBLEM:
                yield from _of_codes(body["schema"], values, place)


def _of_answer(
    contract: Contract, method: str, target: str, status: int, headers: Mapping[str, str], value: Any, place: str
) -> Iterator[str]:
    try:
        is_json = headers["content-type"].endswith("json")
        contract.check(method, target, status, headers, (json.dumps(value) if is_json else str(value)).encode())
    except ContractViolation as violation:
        yield f"{place}: {'; '.join(violation.mismatches)}"
    if headers["content-type"] == _PROBLEM and isinstance(value, dict):
        if value.get("status") != status:
            yield f"{place}: a problem that says it is {value.get('status')}"
        if value.get("instance", target) != target:
            yield f"{place}: a problem of {value['instance']}"


def _of_codes(schema: Mapping[str, Any], values: list[Any], place: str) -> Iterator[str]:
    shown = {value.get("code") for value in values if isinstance(value, dict)}
    for code in sorted(set(schema["properties"]["code"]["enum"]) - shown):
        yield f"{place}: no example of {code}"


def _of_holder(holder: Mapping[str, Any], place: str) -> Iterator[str]:
    values = _values(holder)
    if not values:
        yield f"{place}: no example"
    validator = Draft202012Validator(holder["schema"], format_checker=Draft202012Validator.FORMAT_CHECKER)
    for value in values:
        for error in validator.iter_errors(value):
            yield f"{place}: at {error.json_path}: {error.message}"


def _values(holder: Mapping[str, Any]) -> list[Any]:
    """The examples of a parameter, a header or a media type."""
    several = [example["value"] for example in holder.get("examples", {}).values()]
    return [holder["example"], *several] if "example" in holder else several
