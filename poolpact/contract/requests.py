"""Whether a request is one that contracts/openapi.yaml describes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from jsonschema import Draft202012Validator

from poolpact.contract.checker import Contract
from poolpact.contract.document import at_pointer


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not taken: the status and code that it deserves, and every mismatch."""

    status: int
    code: str
    detail: str


def refusal_of(contract: Contract, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Refusal | None:
    """What is wrong with a request; None when the contract describes it. Names in ``headers`` are in lower case.

    The contract does not say what a call that it does not serve deserves: that is 404 or 405.
    """
    template = contract.template_of(target)
    if template is None:
        return Refusal(404, "not_found", f"the contract has no path {target.split('?', 1)[0]!r}")
    operation = contract.document["paths"][template].get(method.lower())
    if operation is None:
        return Refusal(405, "method_not_allowed", f"the contract has no {method} {template}")
    return _Request(contract.document, operation, template, target, headers, body).refusal()


class _Request:
    def __init__(
        self,
        document: Mapping[str, Any],
        operation: Mapping[str, Any],
        template: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        self._document = document
        self._operation = operation
        self._template = template
        self._target = target
        self._headers = headers
        self._body = body

    def refusal(self) -> Refusal | None:
        parameters = [self._resolved(parameter) for parameter in self._operation.get("parameters", ())]
        in_path = [each for each in parameters if each["in"] == "path"]
        if wrong := list(self._parameter_mismatches(in_path)):
            return Refusal(400, "invalid_pool_id", "; ".join(wrong))
        body = self._resolved(self._operation["requestBody"]) if "requestBody" in self._operation else None
        if body is not None and (refusal := self._body_refusal(body)):
            return refusal
        if wrong := list(self._parameter_mismatches([each for each in parameters if each["in"] != "path"])):
            return Refusal(422, "invalid_request", "; ".join(wrong))
        return None

    def _parameter_mismatches(self, parameters: list[Mapping[str, Any]]) -> Iterator[str]:
        for parameter in parameters:
            text = self._value_of(parameter)
            if text is None:
                if parameter.get("required", False):
                    yield f"{parameter['in']}.{parameter['name']}: is missing"
                continue
            schema = self._resolved(parameter["schema"])
            value = [each.strip() for each in text.split(",")] if schema.get("type") == "array" else _typed(schema, text)
            for error in self._errors(schema, value):
                yield f"{parameter['in']}.{parameter['name']}: {error.message}"

    def _value_of(self, parameter: Mapping[str, Any]) -> str | None:
        path, _, query = self._target.partition("?")
        name = parameter["name"]
        if parameter["in"] == "path":
            position = self._template.split("/").index("{" + name + "}")
            return unquote(path.split("/")[position])
        if parameter["in"] == "query":
            return dict(parse_qsl(query, keep_blank_values=True)).get(name)
        return self._headers.get(name.lower())

    def _body_refusal(self, described: Mapping[str, Any]) -> Refusal | None:
        media_type = self._headers.get("content-type", "").split(";", 1)[0].strip().lower()
        if media_type not in described["content"]:
            return Refusal(415, "unsupported_media_type", f"content type {media_type or 'none'}")
        try:
            value = json.loads(self._body)
        except (ValueError, RecursionError):
            return Refusal(400, "malformed_json", "the body is not JSON")
        errors = self._errors(described["content"][media_type]["schema"], value)
        wrong = [f"body{error.json_path.removeprefix('$')}: {error.message}" for error in errors]
        return Refusal(422, "invalid_request", "; ".join(wrong)) if wrong else None

    def _errors(self, schema: Mapping[str, Any], value: Any) -> list[Any]:
        whole = {**schema, "components": self._document["components"]}
        return sorted(Draft202012Validator(whole).iter_errors(value), key=lambda error: error.json_path)

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            node = at_pointer(self._document, node["$ref"].removeprefix("#"))
        return node


def _typed(schema: Mapping[str, Any], text: str) -> Any:
    if schema.get("type") != "integer":
        return text
    try:
        return int(text)
    except ValueError:
        return text
