"""What every value of one kind must keep, gathered from the keywords that speak of that kind."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypeAlias

from poolpact.diff.canonical import is_prose, text
from poolpact.diff.errors import CannotCompare
from poolpact.diff.source import Source

FlatPart: TypeAlias = Mapping[str, Any]
"""A schema object without references and without combinators that could be resolved."""

NUMBER: Final = "number"
WHOLE: Final = Fraction(1)

SIZES: Final = {
    NUMBER: ("minimum", "maximum"),
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_OF_KIND: Final = {
    NUMBER: {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "string": {"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType", "contentSchema"},
    "array": {"minItems", "maxItems", "items", "prefixItems", "uniqueItems", "contains", "minContains", "maxContains"},
    "object": {
        "minProperties",
        "maxProperties",
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
    },
}
_STRUCTURAL = {keyword for sizes in SIZES.values() for keyword in sizes} | {
    *("type", "enum", "const", "default", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("items", "prefixItems", "properties", "required", "additionalProperties"),
    *("$schema", "$id", "$anchor", "$defs", "definitions"),
}
_TOGETHER: Final = {
    "if": ("if", "then", "else"),
    "contains": ("contains", "minContains", "maxContains"),
    "patternProperties": ("patternProperties", "properties", "additionalProperties"),
}
"""Keywords that mean something together only; ``properties`` beside ``patternProperties`` for their names."""
_SILENT_ALONE = {"then", "else", "minContains", "maxContains"}
ASSERTIONS: Final = frozenset(
    {"pattern", "format", "uniqueItems", "not", "oneOf", "allOf", "if", "contains", "patternProperties", "propertyNames"}
    | {"dependentRequired", "dependentSchemas"}
)
"""Keywords of which one more allows less, whatever it says. Of a keyword that is not here nothing can be said."""


@dataclass(frozen=True)
class Schema:
    """The conjunction of schemas of one document; none allows everything."""

    source: Source
    parts: tuple[Any, ...] = ()
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", text(sorted({text(part) for part in self.parts})))

    @classmethod
    def of(cls, source: Source, *parts: Any) -> "Schema":
        """The conjunction of ``parts``."""
        return cls(source, tuple({text(part): part for part in parts if not (part is True or part == {})}.values()))

    def also(self, other: "Schema") -> "Schema":
        """What both allow."""
        return self if other.parts == self.parts else Schema.of(self.source, *self.parts, *other.parts)


class Limit(NamedTuple):
    """A bound; the bound itself is allowed unless ``open``."""

    value: Fraction
    open: bool = False


@dataclass(frozen=True)
class Branch:
    """What every value of ``kind`` must keep; ``values`` lists them when they are few, and then nothing else is said.

    ``least`` and ``most`` bound a number, the length of a string, and how many items or members there are; ``others`` is what
    items after the ``first``, or members that are not among the ``properties``, must keep. ``parts`` are the schemas that say so.
    """

    kind: str
    others: Schema
    parts: tuple[FlatPart, ...] = ()
    values: Mapping[str, Any] | None = None
    least: Limit | None = None
    most: Limit | None = None
    multiples: frozenset[Fraction] = frozenset()
    rules: frozenset[tuple[str, str]] = frozenset()
    first: tuple[Schema, ...] = ()
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether the numbers are integers."""
        return any(multiple.denominator == 1 for multiple in self.multiples)

    def member(self, name: str) -> Schema:
        """What the member ``name`` must keep."""
        return self.properties.get(name, self.others)

    def item(self, position: int) -> Schema:
        """What the item at ``position`` must keep."""
        return self.first[position] if position < len(self.first) else self.others


def kind_of(value: Any) -> str:
    """The kind of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return NUMBER
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, Mapping) else "string"


def branch_of(source: Source, kind: str, parts: tuple[FlatPart, ...]) -> Branch | None:
    """What ``parts`` together say of values of ``kind``; None when they allow none."""
    branch = Branch(kind, Schema(source), values=_FEW.get(kind))
    for part in parts:
        if kind not in _kinds(part):
            return None
        branch = _both(branch, _said(source, kind, part))
    if branch.values is not None:
        values = {key: value for key, value in branch.values.items() if source.allows(parts, value)}
        return Branch(kind, Schema(source), parts, values) if values else None
    return replace(branch, parts=parts, least=_rounded(branch, branch.least, 1), most=_rounded(branch, branch.most, -1))


_FEW: Final[Mapping[str, Mapping[str, Any]]] = {"null": {"null": None}, "boolean": {"false": False, "true": True}}


def _kinds(part: FlatPart) -> frozenset[str]:
    types = part.get("type", ["null", "boolean", NUMBER, "string", "array", "object"])
    return frozenset(NUMBER if name == "integer" else name for name in ([types] if isinstance(types, str) else types))


def _said(source: Source, kind: str, part: FlatPart) -> Branch:
    least, most = _bounds(kind, part)
    rules = frozenset(_rules(source, kind, part))
    known = Branch(kind, Schema(source), values=_values(kind, part), least=least, most=most, rules=rules)
    if kind == NUMBER:
        return replace(known, multiples=_multiples(part))
    if kind == "array":
        first = tuple(Schema.of(source, item) for item in part.get("prefixItems", ()))
        return replace(known, first=first, others=Schema.of(source, part.get("items", True)))
    if kind == "object":
        others = True if "patternProperties" in part else part.get("additionalProperties", True)
        return replace(
            known,
            properties={str(name): Schema.of(source, member) for name, member in part.get("properties", {}).items()},
            required=frozenset(part.get("required", ())),
            others=Schema.of(source, others),
        )
    return known


def _values(kind: str, part: FlatPart) -> Mapping[str, Any] | None:
    listed = [part["const"]] if "const" in part else part.get("enum")
    if listed is None:
        return None
    return {text(value): value for value in listed if kind_of(value) == kind}


def _bounds(kind: str, part: FlatPart) -> tuple[Limit | None, Limit | None]:
    if kind not in SIZES:
        return None, None
    low, high = (part.get(keyword) for keyword in SIZES[kind])
    least, most = _limit(low), _limit(high)
    if kind == NUMBER:
        least = _higher(least, _limit(part.get("exclusiveMinimum"), exclusive=True))
        most = _lower(most, _limit(part.get("exclusiveMaximum"), exclusive=True))
    elif low == 0:
        least = None
    return least, most


def _multiples(part: FlatPart) -> frozenset[Fraction]:
    types = part.get("type", ())
    whole = types == "integer" or ("integer" in types and NUMBER not in types)
    step = part.get("multipleOf")
    return frozenset(([WHOLE] if whole else []) + ([] if step is None else [_fraction(step)]))


def _rules(source: Source, kind: str, part: FlatPart) -> Iterator[tuple[str, str]]:
    elsewhere = {keyword for other, keywords in _OF_KIND.items() if other != kind for keyword in keywords}
    for keyword, said in part.items():
        if is_prose(keyword) or keyword in _STRUCTURAL or keyword in _SILENT_ALONE or keyword in elsewhere:
            continue
        if (keyword, said) == ("uniqueItems", False) or (keyword == "format" and kind not in (NUMBER, "string")):
            continue
        together = {name: part[name] for name in _TOGETHER.get(keyword, (keyword,)) if name in part}
        if keyword == "patternProperties" and "properties" in together:
            together["properties"] = sorted(together["properties"])
        meant = source.meant(together)
        yield keyword, text(meant if len(together) > 1 else meant[keyword])


def _both(one: Branch, other: Branch) -> Branch:
    values = one.values if other.values is None else other.values
    if one.values is not None and other.values is not None:
        values = {key: value for key, value in one.values.items() if key in other.values}
    return Branch(
        one.kind,
        one.others.also(other.others),
        values=values,
        least=_higher(one.least, other.least),
        most=_lower(one.most, other.most),
        multiples=one.multiples | other.multiples,
        rules=one.rules | other.rules,
        first=tuple(one.item(i).also(other.item(i)) for i in range(max(len(one.first), len(other.first)))),
        properties={name: one.member(name).also(other.member(name)) for name in {**one.properties, **other.properties}},
        required=one.required | other.required,
    )


def _higher(one: Limit | None, other: Limit | None) -> Limit | None:
    return max(one, other) if one and other else one or other


def _lower(one: Limit | None, other: Limit | None) -> Limit | None:
    return min(one, other, key=lambda limit: (limit.value, not limit.open)) if one and other else one or other


def _rounded(branch: Branch, limit: Limit | None, inward: int) -> Limit | None:
    """A bound of integers as the outermost integer that is allowed."""
    if limit is None or not branch.whole:
        return limit
    edge = math.ceil(limit.value) if inward > 0 else math.floor(limit.value)
    return Limit(Fraction(edge + inward if limit.open and edge == limit.value else edge))


def _limit(value: Any, *, exclusive: bool = False) -> Limit | None:
    return None if value is None else Limit(_fraction(value), exclusive)


def _fraction(value: float) -> Fraction:
    try:
        return Fraction(str(value))
    except ValueError:
        raise CannotCompare(f"a schema has {value!r} where a number belongs") from None
