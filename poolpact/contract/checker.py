"""Whether an answer keeps contracts/openapi.yaml."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from poolpact.contract.document import at_pointer, load_document
from poolpact.contract.files import OPENAPI
from poolpact.event_stream import COMMENT, SseEvent, SseParser

EVENTS = "text/event-stream"
_REFUSED_ANYWHERE = range(400, 500)


class ContractViolation(AssertionError):
    """An answer that the contract does not allow; the message lists every mismatch."""

    def __init__(self, exchange: str, mismatches: list[str]) -> None:
        super().__init__(f"{exchange} breaks the contract: " + "; ".join(mismatches))
        self.mismatches = mismatches


class Contract:
    """An OpenAPI 3.1 document that answers are held against."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._templates = sorted(document["paths"], key=lambda template: (template.count("{"), template))
        self._validator = lru_cache(maxsize=None)(self._make_validator)

    @classmethod
    def load(cls, path: Path = OPENAPI) -> "Contract":
        """Read the document and the files that it refers to; raises InvalidContract."""
        return cls(load_document(path))

    def template_of(self, target: str) -> str | None:
        """The path template that ``target``, as sent on the wire, belongs to; None for a path that is not served."""
        path = target.split("?", 1)[0]
        return next((template for template in self._templates if template == path or _fits(template, path)), None)

    def operation_of(self, method: str, target: str) -> str | None:
        """The operationId of what is asked for; None for what the contract does not serve."""
        template = self.template_of(target)
        operation = self.document["paths"][template].get(method.lower()) if template else None
        return operation.get("operationId") if operation else None

    def check(self, method: str, target: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Raise :class:`ContractViolation` unless the answer is one that the contract documents.

        ``target`` is a path template or a target as sent on the wire; names in ``headers`` may have any case. What the contract
        does not know - a path, or a method of a path - must be refused with a problem document.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        mismatches = list(self._mismatches(method.lower(), target, status, lowered, body))
        if mismatches:
            raise ContractViolation(f"{method} {target} -> {status}", mismatches)

    def check_event(self, method: str, target: str, event: SseEvent) -> None:
        """Raise :class:`ContractViolation` unless ``event`` is one that the contract has in the answer to ``target``.

        Comments may be anywhere.
        """
        template = self.template_of(target)
        place = f"/paths/{_escape(template or '')}/{method.lower()}/responses/200/content/{_escape(EVENTS)}"
        mismatches = list(self._event_mismatches(place, event))
        if mismatches:
            raise ContractViolation(f"{method} {target} -> event {event.event}", mismatches)

    def _mismatches(self, method: str, target: str, status: int, headers: Mapping[str, str], body: bytes) -> Iterator[str]:
        template = self.template_of(target)
        operation = self.document["paths"][template].get(method) if template else None
        if template is None or operation is None:
            yield from self._refusal_mismatches(status, headers, body, method_known=template is None)
            return
        found = _response_key(operation["responses"], status)
        if found is None:
            yield f"status {status} is not documented for {method.upper()} {template}"
            return
        pointer = f"/paths/{_escape(template)}/{method}/responses/{found}"
        response, pointer = self._resolve(operation["responses"][found], pointer)
        yield from self._header_mismatches(response, pointer, headers)
        yield from self._body_mismatches(response, pointer, method, headers, body)

    def _refusal_mismatches(self, status: int, headers: Mapping[str, str], body: bytes, *, method_known: bool) -> Iterator[str]:
        if status not in _REFUSED_ANYWHERE:
            yield f"status {status} on what the contract does not serve; it must be refused"
        if not method_known and status == 405 and "allow" not in headers:
            yield "405 without Allow"
        if _media_type(headers) != "application/problem+json":
            yield f"a refusal has content type application/problem+json, not {_media_type(headers) or 'none'}"
        else:
            yield from self._json_mismatches("/components/schemas/Problem", body)

    def _header_mismatches(self, response: Mapping[str, Any], pointer: str, headers: Mapping[str, str]) -> Iterator[str]:
        for name, definition in response.get("headers", {}).items():
            header, place = self._resolve(definition, f"{pointer}/headers/{_escape(name)}")
            value = headers.get(name.lower())
            if value is None:
                if header.get("required", False):
                    yield f"header {name} is missing"
            elif "schema" in header:
                yield from self._value_mismatches(f"{place}/schema", _header_value(header["schema"], value), f"header {name}")

    def _body_mismatches(
        self, response: Mapping[str, Any], pointer: str, method: str, headers: Mapping[str, str], body: bytes
    ) -> Iterator[str]:
        content = response.get("content")
        if method == "head" or not content:
            if body:
                yield f"a body of {len(body)} bytes where the contract has none"
            return
        media_type = _media_type(headers)
        if media_type not in content:
            yield f"content type {media_type or 'none'}, expected {' or '.join(sorted(content))}"
        elif media_type.endswith("json") and "schema" in content[media_type]:
            yield from self._json_mismatches(f"{pointer}/content/{_escape(media_type)}/schema", body)
        elif media_type == EVENTS:
            yield from self._stream_mismatches(f"{pointer}/content/{_escape(media_type)}", body)

    def _stream_mismatches(self, pointer: str, body: bytes) -> Iterator[str]:
        """Of as much of a stream as there is: an event that is not complete is left out."""
        try:
            events = list(SseParser().feed(body))
        except ValueError as error:
            yield f"a stream of events that are not JSON: {error}"
            return
        for event in events:
            yield from self._event_mismatches(pointer, event)

    def _event_mismatches(self, pointer: str, event: SseEvent) -> Iterator[str]:
        documented = at_pointer(self.document, pointer)["x-events"]
        if event.event in documented:
            where = f"event {event.event}"
            yield from self._value_mismatches(f"{pointer}/x-events/{_escape(event.event)}", event.data, where)
        elif event.event != COMMENT:
            yield f"an event {event.event!r}, expected {' or '.join(sorted(documented))}"

    def _json_mismatches(self, schema_pointer: str, body: bytes) -> Iterator[str]:
        try:
            value = json.loads(body)
        except ValueError:
            yield f"a body that is not JSON: {body[:80]!r}"
            return
        yield from self._value_mismatches(schema_pointer, value, "body")

    def _value_mismatches(self, schema_pointer: str, value: Any, where: str) -> Iterator[str]:
        errors = sorted(self._validator(schema_pointer).iter_errors(value), key=lambda error: error.json_path)
        for error in errors:
            yield f"{where} at {error.json_path}: {error.message}"

    def _make_validator(self, schema_pointer: str) -> Draft202012Validator:
        schema = self._inlined({"$ref": f"#{schema_pointer}"})
        return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)

    def _inlined(self, node: Any) -> Any:
        """``node`` with what its references point to: following them in every check takes longer than the check."""
        if isinstance(node, list):
            return [self._inlined(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target, _ = self._resolve(node, "")
            return self._inlined({**target, **{name: value for name, value in node.items() if name != "$ref"}})
        return {name: self._inlined(value) for name, value in node.items()}

    def _resolve(self, node: Mapping[str, Any], pointer: str) -> tuple[Mapping[str, Any], str]:
        """The object behind a chain of local references, and where it is."""
        while "$ref" in node:
            pointer = node["$ref"].removeprefix("#")
            node = at_pointer(self.document, pointer)
        return node, pointer


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    if len(wanted) != len(given):
        return False
    return all(w == g or (_is_parameter(w) and g != "") for w, g in zip(wanted, given, strict=True))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def _response_key(responses: Mapping[Any, Any], status: int) -> Any | None:
    candidates = (str(status), status, f"{status // 100}XX", "default")
    return next((key for key in candidates if key in responses), None)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").split(";", 1)[0].strip().lower()


def _header_value(schema: Mapping[str, Any], value: str) -> Any:
    if schema.get("type") not in ("integer", "number"):
        return value
    try:
        return int(value) if schema["type"] == "integer" else float(value)
    except ValueError:
        return value


def _escape(part: str) -> str:
    """A part of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")
