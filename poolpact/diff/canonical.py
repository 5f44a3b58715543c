"""JSON values as text that is equal when they mean the same, and what in a document is prose."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_PROSE = frozenset(
    {"title", "description", "summary", "example", "examples", "$comment", "externalDocs", "deprecated", "tags"}
    | {"contact", "license", "termsOfService"}
)
_OF_NAMES = frozenset(
    {
        "properties",
        "patternProperties",
        "dependentSchemas",
        "dependentRequired",
        "$defs",
        "definitions",
        "paths",
        "schemas",
        "responses",
        "headers",
        "parameters",
        "requestBodies",
        "securitySchemes",
        "pathItems",
        "callbacks",
        "links",
        "content",
        "encoding",
        "mapping",
        "scopes",
        "variables",
        "webhooks",
    }
)
"""Members whose own members are names, not keywords."""
_DATA = frozenset({"default", "const", "enum"})
_UNORDERED = frozenset({"required", "enum", "type", "allOf", "anyOf", "oneOf"})


def text(value: Any) -> str:
    """The same text for the same JSON value: 1.0 is 1, and the order of members does not matter."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, default=str)


def is_prose(name: str) -> bool:
    """Whether a member says something to people only."""
    return name in _PROSE or name.startswith("x-")


def without_prose(node: Any) -> Any:
    """``node`` with what has a meaning on the wire, in an order that does not matter."""
    if isinstance(node, list):
        return [without_prose(member) for member in node]
    if not isinstance(node, Mapping):
        return node
    return {str(name): _meant(str(name), member) for name, member in node.items() if not is_prose(str(name))}


def wording(document: Any) -> frozenset[tuple[str, str]]:
    """The texts and examples of ``document``, wherever they stand."""
    return frozenset(_texts(document))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _meant(name: str, member: Any) -> Any:
    if name in _UNORDERED and isinstance(member, list):
        return sorted(member if name in _DATA else without_prose(member), key=text)
    if name in _DATA:
        return member
    if name in _OF_NAMES and isinstance(member, Mapping):
        return {str(key): without_prose(value) for key, value in member.items()}
    return without_prose(member)


def _texts(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for member in node:
            yield from _texts(member)
    elif isinstance(node, Mapping):
        for key, member in node.items():
            name = str(key)
            if is_prose(name):
                yield name, text(member)
            elif name in _OF_NAMES and isinstance(member, Mapping):
                for value in member.values():
                    yield from _texts(value)
            elif name not in _DATA:
                yield from _texts(member)
