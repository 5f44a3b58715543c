"""Which schemas allow the same, what a change takes and gives, and whom that breaks in a request and in an answer."""

from typing import Any

import pytest

from poolpact.diff.branches import Schema
from poolpact.diff.changes import BOTH, CONSUMERS, NEITHER, PROVIDERS, Side
from poolpact.diff.direction import Direction, broken
from poolpact.diff.errors import CannotCompare
from poolpact.diff.schema import Difference, SchemaComparison
from poolpact.diff.source import Source

COMPONENTS = {
    "components": {
        "schemas": {
            "Text": {"type": "string", "minLength": 1},
            "Same": {"type": "string", "description": "the same in other words", "minLength": 1},
            "Problem": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}},
            "Tree": {
                "type": "object",
                "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
            },
            "Loop": {"$ref": "#/components/schemas/Loop"},
        }
    }
}
CLOSED = {"additionalProperties": False}


def differences(old: Any, new: Any, components: Any = COMPONENTS, others: Any = COMPONENTS) -> tuple[Difference, ...]:
    return SchemaComparison().differences(Schema.of(Source(components, "old"), old), Schema.of(Source(others, "new"), new))


def sides(found: tuple[Difference, ...], direction: Direction) -> frozenset[Side]:
    return frozenset(side for difference in found for side in broken(difference, direction))


def members(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


TEXT = {"type": "string"}

# What allows less breaks who writes: in a request the consumer, in an answer the provider. Read backwards, it allows more.
NARROWED: dict[str, tuple[Any, Any, str]] = {
    "type of two": ({"type": ["string", "null"]}, TEXT, "type"),
    "anything to a type": ({}, TEXT, "type"),
    "anyOf loses null": ({"anyOf": [TEXT, {"type": "null"}]}, TEXT, "type"),
    "number to integer": ({"type": "number"}, {"type": "integer"}, "type"),
    "nothing is allowed": (TEXT, False, "type"),
    "enum": ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum"),
    "enum of many kinds": ({"enum": ["a", 1]}, {"enum": ["a"]}, "type"),
    "enum where any text was": (TEXT, {"type": "string", "enum": ["a"]}, "enum"),
    "const where a boolean was": ({"type": "boolean"}, {"type": "boolean", "const": True}, "enum"),
    "minimum": ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 2}, "minimum"),
    "minimum where none was": ({"type": "integer"}, {"type": "integer", "minimum": 0}, "minimum"),
    "maximum": ({"type": "integer", "maximum": 10}, {"type": "integer", "maximum": 9}, "maximum"),
    "exclusive maximum": ({"type": "number", "maximum": 10}, {"type": "number", "exclusiveMaximum": 10}, "maximum"),
    "multipleOf": ({"type": "integer"}, {"type": "integer", "multipleOf": 5}, "multipleOf"),
    "multipleOf a multiple": ({"type": "number", "multipleOf": 2}, {"type": "number", "multipleOf": 6}, "multipleOf"),
    "minLength": (TEXT, {"type": "string", "minLength": 1}, "minLength"),
    "maxLength": ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 8}, "maxLength"),
    "pattern where none was": (TEXT, {"type": "string", "pattern": "^a"}, "pattern"),
    "a second pattern": (
        {"type": "string", "pattern": "^a"},
        {"type": "string", "pattern": "^a", "allOf": [{"pattern": "b$"}]},
        "pattern",
    ),
    "format where none was": (TEXT, {"type": "string", "format": "date-time"}, "format"),
    "minItems": ({"type": "array"}, {"type": "array", "minItems": 1}, "minItems"),
    "maxItems": ({"type": "array", "maxItems": 3}, {"type": "array", "maxItems": 2}, "maxItems"),
    "uniqueItems": ({"type": "array", "uniqueItems": False}, {"type": "array", "uniqueItems": True}, "uniqueItems"),
    "items": ({"type": "array", "items": {"type": "number"}}, {"type": "array", "items": {"type": "integer"}}, "type"),
    "prefixItems": ({"type": "array"}, {"type": "array", "prefixItems": [TEXT]}, "type"),
    "contains": ({"type": "array"}, {"type": "array", "contains": TEXT}, "contains"),
    "not": (TEXT, {"type": "string", "not": {"const": "a"}}, "not"),
    "if and then": ({}, {"if": TEXT, "then": {"minLength": 1}}, "if"),
    "propertyNames": ({"type": "object"}, {"type": "object", "propertyNames": {"maxLength": 3}}, "propertyNames"),
    "minProperties": ({"type": "object"}, {"type": "object", "minProperties": 1}, "minProperties"),
    "required": (members(a=TEXT), members("a", a=TEXT), "required"),
    "required of what is not declared": ({"type": "object"}, {"type": "object", "required": ["a"]}, "required"),
    "a member's type": (members(a={"type": ["string", "null"]}), members(a=TEXT), "type"),
    "additionalProperties closed": (members(a=TEXT), members(a=TEXT) | CLOSED, "additionalProperties"),
    "additionalProperties of a type": ({"type": "object"}, {"type": "object", "additionalProperties": TEXT}, "type"),
    "patternProperties": ({"type": "object"}, {"type": "object", "patternProperties": {"^x": TEXT}}, "patternProperties"),
    "an alternative less": (
        {"oneOf": [members("a", a={"const": 1}), members("a", a={"const": 2})]},
        {"oneOf": [members("a", a={"const": 1})]},
        "alternative",
    ),
    "within an alternative": (
        {"anyOf": [members(a=TEXT), {"type": "null"}]},
        {"anyOf": [members("a", a=TEXT), {"type": "null"}]},
        "required",
    ),
    "by allOf": (
        members("code", code=TEXT),
        {"allOf": [members("code", code=TEXT)], "properties": {"code": {"enum": ["x"]}}},
        "enum",
    ),
}


@pytest.mark.parametrize("case", NARROWED)
def test_less_is_allowed(case: str) -> None:
    old, new, what = NARROWED[case]
    found = differences(old, new)
    assert [(difference.what, difference.undecided) for difference in found] == [(what, False)]
    assert sides(found, Direction.REQUEST) == CONSUMERS
    assert sides(found, Direction.ANSWER) == PROVIDERS


@pytest.mark.parametrize("case", NARROWED)
def test_more_is_allowed(case: str) -> None:
    new, old, what = NARROWED[case]
    found = differences(old, new)
    assert [(difference.what, difference.undecided) for difference in found] == [(what, False)]
    assert sides(found, Direction.REQUEST) == PROVIDERS
    assert sides(found, Direction.ANSWER) == CONSUMERS


MEMBERS: dict[str, tuple[Any, Any, str, frozenset[Side], frozenset[Side]]] = {
    "a new optional member": (members(a=TEXT), members(a=TEXT, b=TEXT), "new optional member", PROVIDERS, NEITHER),
    "a new required member": (members(a=TEXT), members("b", a=TEXT, b=TEXT), "new required member", BOTH, PROVIDERS),
    "a new optional member of a closed object": (
        members(a=TEXT) | CLOSED,
        members(a=TEXT, b=TEXT) | CLOSED,
        "new optional member",
        PROVIDERS,
        CONSUMERS,
    ),
    "a new required member of a closed object": (
        members(a=TEXT) | CLOSED,
        members("b", a=TEXT, b=TEXT) | CLOSED,
        "new required member",
        BOTH,
        BOTH,
    ),
    "an optional member gone": (members(a=TEXT, b=TEXT), members(a=TEXT), "member removed", CONSUMERS, CONSUMERS),
    "a required member gone": (members("b", a=TEXT, b=TEXT), members(a=TEXT), "member removed", BOTH, CONSUMERS),
    "a member of a closed object gone": (
        members(a=TEXT, b=TEXT) | CLOSED,
        members(a=TEXT) | CLOSED,
        "member removed",
        CONSUMERS,
        BOTH,
    ),
    "a default where none was": (TEXT, TEXT | {"default": "x"}, "default", PROVIDERS, CONSUMERS),
    "a default no more": (TEXT | {"default": "x"}, TEXT, "default", CONSUMERS, PROVIDERS),
    "another default": (TEXT | {"default": "x"}, TEXT | {"default": "y"}, "default", BOTH, BOTH),
    "a default of null where none was": ({}, {"default": None}, "default", PROVIDERS, CONSUMERS),
    "another type": (TEXT, {"type": "integer"}, "type", BOTH, BOTH),
    "another const": ({"const": "a"}, {"const": "b"}, "const", BOTH, BOTH),
    "enum loses one and gains another": ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, "enum", BOTH, BOTH),
    "values that keep the new pattern become free": (
        {"enum": ["a"]},
        {"type": "string", "pattern": "a"},
        "enum",
        PROVIDERS,
        CONSUMERS,
    ),
    "values that do not": ({"enum": ["a", "b"]}, {"type": "string", "pattern": "a"}, "enum", BOTH, BOTH),
}


@pytest.mark.parametrize("case", MEMBERS)
def test_what_hangs_on_the_meaning(case: str) -> None:
    old, new, what, in_request, in_answer = MEMBERS[case]
    found = differences(old, new)
    assert [difference.what for difference in found] == [what]
    assert (sides(found, Direction.REQUEST), sides(found, Direction.ANSWER)) == (in_request, in_answer)


SAME: dict[str, tuple[Any, Any]] = {
    "prose": ({"type": "string", "description": "a", "title": "b"}, {"type": "string", "examples": ["c"], "x-d": 1}),
    "deprecation": (TEXT, TEXT | {"deprecated": True}),
    "a list of types and anyOf": ({"type": ["string", "null"]}, {"anyOf": [{"type": "null"}, TEXT]}),
    "oneOf of kinds": ({"oneOf": [TEXT, {"type": "null"}]}, {"anyOf": [TEXT, {"type": "null"}]}),
    "oneOf told apart by a member": (
        {"oneOf": [members("a", a={"const": 1}), members("a", a={"const": 2})]},
        {"anyOf": [members("a", a={"const": 2}), members("a", a={"const": 1})]},
    ),
    "a reference and what it points to": ({"$ref": "#/components/schemas/Text"}, {"type": "string", "minLength": 1}),
    "references to the same": ({"$ref": "#/components/schemas/Text"}, {"$ref": "#/components/schemas/Same"}),
    "allOf and the same in one": (
        {"allOf": [{"$ref": "#/components/schemas/Problem"}], "properties": {"code": {"enum": ["x"]}}},
        members("code", code={"type": "string", "enum": ["x"]}),
    ),
    "a type that the values have anyway": ({"enum": ["a", "b"]}, {"type": "string", "enum": ["b", "a"]}),
    "a value that the type forbids": ({"type": "string", "enum": ["a", 1]}, {"enum": ["a"]}),
    "one value listed or const": ({"enum": ["a"]}, {"const": "a"}),
    "true and false listed": ({"type": "boolean"}, {"enum": [False, True]}),
    "one and one point zero": ({"const": 1}, {"const": 1.0}),
    "bounds of integers": (
        {"type": "integer", "exclusiveMinimum": 0, "maximum": 9.5},
        {"type": "integer", "minimum": 1, "maximum": 9},
    ),
    "integer by multipleOf": ({"type": "integer"}, {"type": "number", "multipleOf": 1}),
    "multipleOf twice": ({"type": "integer", "multipleOf": 3}, {"type": "number", "multipleOf": 3, "allOf": [{"multipleOf": 1}]}),
    "no least length": (TEXT, {"type": "string", "minLength": 0}),
    "keywords of other kinds": (TEXT, {"type": "string", "minimum": 3, "required": ["a"], "items": False}),
    "open objects": ({"type": "object"}, {"type": "object", "additionalProperties": True, "properties": {}, "required": []}),
    "true and the empty schema": (True, {}),
    "false and not anything": (False, {"allOf": [TEXT, {"type": "integer"}]}),
    "a schema that contains itself": ({"$ref": "#/components/schemas/Tree"}, {"$ref": "#/components/schemas/Tree"}),
    "unevaluatedProperties": (
        {"allOf": [members(a=TEXT)], "unevaluatedProperties": False},
        {"unevaluatedProperties": False, "allOf": [{"properties": {"a": TEXT}, "type": "object", "required": []}]},
    ),
    "nested combinators": (
        {"anyOf": [{"anyOf": [TEXT, {"type": "integer"}]}, {"type": "null"}]},
        {"type": ["null", "integer", "string"]},
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_the_same_in_another_spelling(case: str) -> None:
    one, other = SAME[case]
    assert differences(one, other) == ()
    assert differences(other, one) == ()


UNDECIDED: dict[str, tuple[Any, Any, str]] = {
    "another pattern": ({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^[a]"}, "pattern"),
    "another format": ({"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, "format"),
    "another not": ({"not": TEXT}, {"not": {"type": "null"}}, "not"),
    "a keyword that is not known": (TEXT, TEXT | {"readOnly": True}, "readOnly"),
    "unevaluatedProperties": (members(a=TEXT) | {"unevaluatedProperties": False}, {"unevaluatedProperties": False}, "allOf"),
    "oneOf that may overlap": ({"oneOf": [TEXT, {"minLength": 1}]}, {"oneOf": [TEXT, {"minLength": 2}]}, "oneOf"),
}


@pytest.mark.parametrize("case", UNDECIDED)
def test_what_cannot_be_decided_breaks_both(case: str) -> None:
    old, new, what = UNDECIDED[case]
    found = differences(old, new)
    assert (what, True) in {(difference.what, difference.undecided) for difference in found}
    assert sides(found, Direction.REQUEST) == sides(found, Direction.ANSWER) == BOTH


def test_too_many_alternatives_are_compared_as_a_whole() -> None:
    many = {"allOf": [{"anyOf": [{"minLength": n} for n in range(8)]} for _ in range(4)]}
    (found,) = differences(many, {**many, "maxLength": 3})
    assert (found.what, found.undecided) == ("schema", True)
    assert differences(many, {**many, "description": "other words"}) == ()


def test_a_place_is_a_path_through_the_data() -> None:
    old = members(pools={"type": "array", "items": members(state={"enum": ["a"]})})
    new = members(pools={"type": "array", "items": members(state={"enum": ["a", "b"]})})
    (found,) = differences(old, new)
    assert found.pointer == ("pools", "*", "state")


def test_a_change_deep_in_a_schema_that_contains_itself_is_found() -> None:
    def tree(**more: Any) -> dict[str, Any]:
        node = members(children={"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, **more)
        return {"components": {"schemas": {"Tree": node}}}

    reference = {"$ref": "#/components/schemas/Tree"}
    found = differences(reference, reference, tree(name=TEXT), tree(name={"type": ["string", "null"]}))
    assert [(difference.pointer, difference.what) for difference in found] == [(("name",), "type")]


def test_a_reference_to_itself_is_an_error() -> None:
    with pytest.raises(CannotCompare, match="leads back to itself"):
        differences({"$ref": "#/components/schemas/Loop"}, TEXT)


def test_a_reference_to_nowhere_is_an_error() -> None:
    with pytest.raises(CannotCompare, match=r"old: .*leads nowhere"):
        differences({"$ref": "#/components/schemas/None"}, TEXT)


def test_a_member_that_is_declared_and_no_longer_required_is_both() -> None:
    found = differences({"type": "object", "required": ["a"]}, members(a=TEXT))
    assert [(difference.what, difference.widens) for difference in found] == [("new optional member", False), ("required", True)]
