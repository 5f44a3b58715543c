"""A JSON Schema as what it allows: for each kind of value either listed values, or what every value must keep.

Whatever the spelling - references, allOf, anyOf with null, a list of types - schemas that allow the same by the same keywords
have the same shape.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from poolpact.diff.branches import NUMBER, Branch, FlatPart, Schema, branch_of
from poolpact.diff.canonical import text
from poolpact.diff.errors import CannotCompare
from poolpact.diff.source import Source

KINDS: Final = ("null", "boolean", NUMBER, "string", "array", "object")
_MOST_ALTERNATIVES = 256
_CONTEXTUAL = ("unevaluatedProperties", "unevaluatedItems", "$dynamicRef")
"""What they mean hangs on the schema as a whole: it is kept in one piece."""


class TooManyAlternatives(Exception):
    """A schema that combines so many alternatives that they are not told apart."""


@dataclass(frozen=True)
class Shape:
    """``values`` lists, by kind, the values that are allowed one by one; ``branches`` are the alternatives beside them."""

    values: Mapping[str, Mapping[str, Any]]
    branches: Mapping[str, tuple[Branch, ...]]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of which anything is allowed."""
        return frozenset(self.values) | frozenset(self.branches)

    @property
    def types(self) -> list[str]:
        """The names of the kinds, as a schema would list them."""
        return [
            "integer" if kind == NUMBER and all(branch.whole for branch in self.branches.get(kind, ())) else kind
            for kind in KINDS
            if kind in self.kinds
        ]


def shape_of(schema: Schema) -> Shape:
    """The shape of a schema; raises CannotCompare, TooManyAlternatives."""
    return _shape(schema.source, schema.parts, ())


def default_of(schema: Schema) -> tuple[Any, ...]:
    """The default that a schema names, as a tuple of one; empty when it names none."""
    return _default(schema.source, schema.parts, ())


def _shape(source: Source, parts: Sequence[Any], trail: tuple[str, ...]) -> Shape:
    alternatives = _alternatives(source, parts, trail)
    values: dict[str, dict[str, Any]] = {}
    branches: dict[str, tuple[Branch, ...]] = {}
    for kind in KINDS:
        found = [branch for alternative in alternatives if (branch := branch_of(source, kind, alternative))]
        free = tuple({Schema(source, branch.parts).key: branch for branch in found if branch.values is None}.values())
        listed = {
            key: value
            for branch in found
            for key, value in (branch.values or {}).items()
            if not any(source.allows(beside.parts, value) for beside in free)
        }
        if free:
            branches[kind] = free
        if listed:
            values[kind] = listed
    return Shape(values, branches)


def _alternatives(source: Source, parts: Sequence[Any], trail: tuple[str, ...]) -> list[tuple[FlatPart, ...]]:
    """The conjunction of ``parts`` in disjunctive form: each alternative is a conjunction of flat parts."""
    combined: list[tuple[FlatPart, ...]] = [()]
    for part in parts:
        combined = _product(combined, _alternatives_of(source, part, trail))
    return combined


def _alternatives_of(source: Source, part: Any, trail: tuple[str, ...]) -> list[tuple[FlatPart, ...]]:
    if isinstance(part, bool):
        return [()] if part else []
    if any(keyword in part for keyword in _CONTEXTUAL):
        return [({"allOf": [part]},)]
    flat = {name: value for name, value in part.items() if name not in ("$ref", "allOf", "anyOf", "oneOf")}
    conjuncts, below = _conjuncts(source, part, trail)
    if "oneOf" in part and not _exclusive(source, part["oneOf"], trail):
        flat["oneOf"] = part["oneOf"]
    combined = _product([(flat,) if flat else ()], _alternatives(source, conjuncts, below))
    for keyword in ("anyOf", "oneOf"):
        if keyword in part:
            choices = [choice for member in part[keyword] for choice in _alternatives_of(source, member, trail)]
            combined = _product(combined, choices)
    return combined


def _conjuncts(source: Source, part: Mapping[str, Any], trail: tuple[str, ...]) -> tuple[list[Any], tuple[str, ...]]:
    """What must hold beside the keywords of ``part`` itself, and the references that were followed to get there."""
    conjuncts = list(part.get("allOf", ()))
    reference = part.get("$ref")
    if reference is None:
        return conjuncts, trail
    if reference in trail:
        raise CannotCompare(f"{source.name}: $ref {reference} leads back to itself")
    return [*conjuncts, source.schema_at(reference)], (*trail, reference)


def _product(one: list[tuple[FlatPart, ...]], other: list[tuple[FlatPart, ...]]) -> list[tuple[FlatPart, ...]]:
    if len(one) * len(other) > _MOST_ALTERNATIVES:
        raise TooManyAlternatives
    return [(*before, *after) for before in one for after in other]


def _exclusive(source: Source, choices: Sequence[Any], trail: tuple[str, ...]) -> bool:
    """Whether no value can be allowed by two of ``choices``, so that oneOf says no more than anyOf."""
    shapes = [_shape(source, [choice], trail) for choice in choices]
    return all(_disjoint(one, other) for one, other in combinations(shapes, 2))


def _disjoint(one: Shape, other: Shape) -> bool:
    for kind in one.kinds & other.kinds:
        ones, others = one.branches.get(kind, ()), other.branches.get(kind, ())
        if not ones and not others:
            if not one.values[kind].keys().isdisjoint(other.values[kind]):
                return False
        elif kind in one.values or kind in other.values or not all(_told_apart(a, b) for a in ones for b in others):
            return False
    return True


def _told_apart(one: Branch, other: Branch) -> bool:
    """Whether a member that both require has no value in common."""
    for name in one.required & other.required:
        ones, others = _listed(one.member(name)), _listed(other.member(name))
        if ones is not None and others is not None and ones.isdisjoint(others):
            return True
    return False


def _listed(schema: Schema) -> set[str] | None:
    for part in schema.parts:
        if isinstance(part, Mapping) and ("const" in part or "enum" in part):
            return {text(value) for value in ([part["const"]] if "const" in part else part["enum"])}
    return None


def _default(source: Source, parts: Sequence[Any], trail: tuple[str, ...]) -> tuple[Any, ...]:
    for part in parts:
        if not isinstance(part, Mapping):
            continue
        if "default" in part:
            return (part["default"],)
        conjuncts, below = _conjuncts(source, part, trail)
        if found := _default(source, conjuncts, below):
            return found
    return ()
