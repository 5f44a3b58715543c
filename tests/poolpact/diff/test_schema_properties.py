"""Properties that hold for any two schemas: nothing differs from itself, order means nothing, and no loss goes unseen."""

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from poolpact.diff.branches import Schema
from poolpact.diff.changes import CONSUMERS, PROVIDERS
from poolpact.diff.direction import Direction, broken
from poolpact.diff.schema import Difference, SchemaComparison
from poolpact.diff.source import Source

NAMES = ("a", "b", "c")
SMALL = st.integers(-2, 4)
SCALARS = st.one_of(
    st.none(), st.booleans(), SMALL, st.sampled_from([0.5, 1.5, 3.0]), st.sampled_from(["", "a", "ab", "b", "xyz"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from((*NAMES, "d")), inner, max_size=4)),
    max_leaves=6,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def optional(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


def flat(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        optional(type=st.one_of(TYPES, st.lists(TYPES, min_size=1, max_size=3, unique=True))),
        optional(
            type=st.sampled_from(["integer", "number"]),
            minimum=SMALL,
            exclusiveMinimum=SMALL,
            maximum=SMALL,
            exclusiveMaximum=SMALL,
            multipleOf=st.sampled_from([1, 2, 3]),
        ),
        optional(
            type=st.just("string"),
            minLength=st.integers(0, 3),
            maxLength=st.integers(0, 3),
            pattern=st.sampled_from(["^a", "b$"]),
        ),
        optional(enum=st.lists(SCALARS, min_size=1, max_size=3), const=SCALARS),
        optional(
            type=st.just("array"),
            items=inner,
            prefixItems=st.lists(inner, min_size=1, max_size=2),
            minItems=st.integers(0, 2),
            maxItems=st.integers(0, 3),
            uniqueItems=st.booleans(),
            contains=inner,
        ),
        optional(
            type=st.just("object"),
            properties=st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
            required=st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
            additionalProperties=st.one_of(st.booleans(), inner),
            minProperties=st.integers(0, 2),
            maxProperties=st.integers(0, 3),
            patternProperties=st.dictionaries(st.sampled_from(["^a", "c|d"]), inner, max_size=1),
            propertyNames=st.just({"maxLength": 1}),
        ),
    )


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(inner, min_size=1, max_size=2)
    joined = optional(allOf=some, anyOf=some, oneOf=some) | st.builds(lambda schema: {"not": schema}, inner)
    return st.one_of(flat(inner), st.builds(lambda one, other: {**one, **other}, flat(inner), joined))


SCHEMAS = st.recursive(st.one_of(st.booleans(), flat(st.just({}))), combined, max_leaves=5)
OBJECTS = st.builds(
    lambda properties, required, closed: {
        "type": "object",
        "properties": properties,
        "required": [name for name in required if name in properties],
        **({"additionalProperties": False} if closed else {}),
    },
    st.dictionaries(st.sampled_from(NAMES), SCHEMAS, max_size=3),
    st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
    st.booleans(),
)
CONTRACT = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def differences(old: Any, new: Any) -> tuple[Difference, ...]:
    return SchemaComparison().differences(Schema.of(Source({}, "old"), old), Schema.of(Source({}, "new"), new))


def allows(schema: Any, value: Any) -> bool:
    return Draft202012Validator(schema).is_valid(value)


def backwards(node: Any) -> Any:
    """The same schema with every order that means nothing turned around."""
    if isinstance(node, list):
        return [backwards(member) for member in node]
    if not isinstance(node, Mapping):
        return node
    turned = {name: backwards(node[name]) for name in reversed(node)}
    for unordered in ("required", "enum", "type", "allOf", "anyOf", "oneOf"):
        if isinstance(turned.get(unordered), list):
            turned[unordered] = turned[unordered][::-1]
    return turned


@CONTRACT
@given(SCHEMAS)
def test_a_schema_does_not_differ_from_itself(schema: Any) -> None:
    assert differences(schema, schema) == ()


@CONTRACT
@given(SCHEMAS)
def test_order_means_nothing(schema: Any) -> None:
    assert differences(schema, backwards(schema)) == ()


@CONTRACT
@given(SCHEMAS, SCHEMAS)
def test_backwards_a_loss_is_a_gain(old: Any, new: Any) -> None:
    there, back = differences(old, new), differences(new, old)
    assert any(difference.narrows for difference in there) == any(difference.widens for difference in back)


@CONTRACT
@given(SCHEMAS, SCHEMAS, st.lists(VALUES, min_size=1, max_size=12))
def test_a_value_that_only_one_allows_is_never_unseen(old: Any, new: Any, values: list[Any]) -> None:
    lost = [value for value in values if allows(old, value) and not allows(new, value)]
    gained = [value for value in values if allows(new, value) and not allows(old, value)]
    assume(lost or gained)
    found = differences(old, new)
    assert not lost or any(difference.narrows for difference in found)
    assert not gained or any(difference.widens for difference in found)


@CONTRACT
@given(OBJECTS, OBJECTS, st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3), min_size=1, max_size=12))
def test_data_that_is_refused_from_now_on_breaks_who_writes_it(old: Any, new: Any, values: list[Any]) -> None:
    """Of members that the old version declares: nobody can rely on how another one is taken."""
    declared = [value for value in values if set(value) <= set(old["properties"])]
    assume(any(allows(old, value) and not allows(new, value) for value in declared))
    found = differences(old, new)
    assert any(broken(difference, Direction.REQUEST) >= CONSUMERS for difference in found)
    assert any(broken(difference, Direction.ANSWER) >= PROVIDERS for difference in found)


@CONTRACT
@given(OBJECTS, OBJECTS, st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3), min_size=1, max_size=12))
def test_data_that_is_new_breaks_who_reads_it(old: Any, new: Any, values: list[Any]) -> None:
    """Of members that the new version declares."""
    declared = [value for value in values if set(value) <= set(new["properties"]) & set(old["properties"])]
    assume(any(allows(new, value) and not allows(old, value) for value in declared))
    found = differences(old, new)
    assert any(broken(difference, Direction.REQUEST) >= PROVIDERS for difference in found)
    assert any(broken(difference, Direction.ANSWER) >= CONSUMERS for difference in found)
