"""Two JSON Schemas compared: what the second allows less, and what it allows more."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Any

from poolpact.diff.branches import ASSERTIONS, NUMBER, SIZES, WHOLE, Branch, Limit, Schema
from poolpact.diff.canonical import text, without_prose
from poolpact.diff.changes import ABSENT
from poolpact.diff.shapes import KINDS, Shape, TooManyAlternatives, default_of, shape_of

Pointer = tuple[str, ...]
EVERY = "*"
"""The part of a pointer that stands for every item or every other member."""


class Member(Enum):
    """What became of a member that only one of the versions declares."""

    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two schemas, at ``pointer`` in the data.

    ``narrows``: there may be values that only the old schema allows; ``widens``: that only the new one allows. Both are true
    when nothing can be proven, and then it is ``undecided``. ``required`` is said of a member that is new or gone.
    """

    pointer: Pointer
    what: str
    old: Any
    new: Any
    narrows: bool
    widens: bool
    undecided: bool = False
    member: Member | None = None
    required: bool = False

    def below(self, name: str) -> "Difference":
        """The same seen from the schema above, of which this one's is the member ``name``."""
        return replace(self, pointer=(name, *self.pointer))


class SchemaComparison:
    """Compares schemas of two documents, each pair of them once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[Difference, ...]] = {}
        self._begun: set[tuple[str, str]] = set()
        self._assumed = 0

    def differences(self, old: Schema, new: Schema) -> tuple[Difference, ...]:
        """What is different, nothing when both allow the same; raises CannotCompare."""
        pair = (old.key, new.key)
        if pair in self._known:
            return self._known[pair]
        if pair in self._begun:  # a schema that contains itself: what is different is found where it was begun
            self._assumed += 1
            return ()
        assumed = self._assumed
        self._begun.add(pair)
        try:
            found = tuple({repr(difference): difference for difference in self._differences(old, new)}.values())
        finally:
            self._begun.discard(pair)
        if self._assumed == assumed:
            self._known[pair] = found
        return found

    def _differences(self, old: Schema, new: Schema) -> Iterator[Difference]:
        try:
            olds, news = shape_of(old), shape_of(new)
        except TooManyAlternatives:
            if _meaning(old) != _meaning(new):
                yield Difference((), "schema", _shown(old), _shown(new), narrows=True, widens=True, undecided=True)
            return
        if olds.kinds != news.kinds:
            lost, gained = olds.kinds - news.kinds, news.kinds - olds.kinds
            yield Difference((), "type", _types(olds), _types(news), narrows=bool(lost), widens=bool(gained))
        for kind in KINDS:
            if kind in olds.kinds and kind in news.kinds:
                yield from self._of_kind(kind, olds, news)
        yield from _of_defaults(default_of(old), default_of(new))

    def _of_kind(self, kind: str, olds: Shape, news: Shape) -> Iterator[Difference]:
        old_values, new_values = olds.values.get(kind, {}), news.values.get(kind, {})
        old_branches, new_branches = olds.branches.get(kind, ()), news.branches.get(kind, ())
        lost = [value for key, value in old_values.items() if key not in new_values and not _allowed(value, new_branches)]
        gained = [value for key, value in new_values.items() if key not in old_values and not _allowed(value, old_branches)]
        if not old_branches or not new_branches:
            opened, closed = bool(new_branches), bool(old_branches)
            if lost or gained or opened or closed:
                before = list(old_values.values()) if old_values else _shown_branches(old_branches)
                after = list(new_values.values()) if new_values else _shown_branches(new_branches)
                what = "const" if len(old_values) == len(new_values) == 1 else "enum"
                yield Difference((), what, before, after, narrows=bool(lost) or closed, widens=bool(gained) or opened)
            return
        if lost or gained:
            yield Difference((), "enum", lost or ABSENT, gained or ABSENT, narrows=bool(lost), widens=bool(gained))
        yield from self._of_branches(old_branches, new_branches)

    def _of_branches(self, olds: tuple[Branch, ...], news: tuple[Branch, ...]) -> Iterator[Difference]:
        """Alternatives that both have are left out; one against one is looked into; more are in or they are not."""
        changed, added = list(olds), list(news)
        for old in olds:
            same = next((new for new in added if not self._of_branch(old, new)), None)
            if same is not None:
                changed.remove(old)
                added.remove(same)
        if len(changed) == len(added) == 1:
            yield from self._of_branch(changed[0], added[0])
            return
        for old in changed:
            if all(any(d.narrows for d in self._of_branch(old, new)) for new in news):
                yield Difference((), "alternative", _shown_branches((old,)), ABSENT, True, False, undecided=len(news) > 1)
        for new in added:
            if all(any(d.widens for d in self._of_branch(old, new)) for old in olds):
                yield Difference((), "alternative", ABSENT, _shown_branches((new,)), False, True, undecided=len(olds) > 1)

    def _of_branch(self, old: Branch, new: Branch) -> list[Difference]:
        found = [*_of_sizes(old, new), *_of_rules(old, new)]
        if old.kind == NUMBER:
            found += _of_multiples(old, new)
        elif old.kind == "array":
            found += self._of_items(old, new)
        elif old.kind == "object":
            found += self._of_members(old, new)
        return found

    def _of_items(self, old: Branch, new: Branch) -> Iterator[Difference]:
        for position in range(max(len(old.first), len(new.first))):
            yield from self._below(str(position), old.item(position), new.item(position))
        yield from self._below(EVERY, old.others, new.others)

    def _of_members(self, old: Branch, new: Branch) -> Iterator[Difference]:
        for name in sorted(old.properties.keys() | new.properties.keys()):
            required = name in old.required, name in new.required
            if name not in old.properties:
                yield from self._of_new_member(name, old, new, required=required == (False, True))
            elif name not in new.properties:
                yield from self._of_gone_member(name, old, new, required=required == (True, False))
            else:
                yield from self._below(name, old.properties[name], new.properties[name])
        for name in sorted(old.required ^ new.required):
            added = name in new.required
            declared, elsewhere = (new, old) if added else (old, new)
            if name not in declared.properties or name in elsewhere.properties:  # else it was said with the member
                yield Difference((name,), "required", not added, added, narrows=added, widens=not added)
        closes, opens = _is_closed(new) and not _is_closed(old), _is_closed(old) and not _is_closed(new)
        if closes or opens:
            yield Difference((EVERY,), "additionalProperties", not closes, not opens, narrows=closes, widens=opens)
        else:
            yield from self._below(EVERY, old.others, new.others)

    def _of_new_member(self, name: str, old: Branch, new: Branch, *, required: bool) -> Iterator[Difference]:
        what = "new required member" if required else "new optional member"
        closed, shown = _is_closed(old), _shown(new.properties[name])
        yield Difference(
            (name,), what, ABSENT, shown, narrows=required or not closed, widens=closed, member=Member.NEW, required=required
        )
        if old.others.parts and not closed:
            yield from self._below(name, old.others, new.properties[name])

    def _of_gone_member(self, name: str, old: Branch, new: Branch, *, required: bool) -> Iterator[Difference]:
        closed, shown = _is_closed(new), _shown(old.properties[name])
        yield Difference(
            (name,),
            "member removed",
            shown,
            ABSENT,
            narrows=closed,
            widens=required or not closed,
            member=Member.GONE,
            required=required,
        )
        if new.others.parts and not closed:
            yield from self._below(name, old.properties[name], new.others)

    def _below(self, name: str, old: Schema, new: Schema) -> Iterator[Difference]:
        return (difference.below(name) for difference in self.differences(old, new))


def _of_defaults(old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[Difference]:
    """A reader has to know a default that is new; a writer can no longer leave out what has none, or another one."""
    if [text(value) for value in old] != [text(value) for value in new]:
        before, after = old[0] if old else ABSENT, new[0] if new else ABSENT
        yield Difference((), "default", before, after, narrows=bool(old), widens=bool(new))


def _of_sizes(old: Branch, new: Branch) -> Iterator[Difference]:
    if old.kind in SIZES:
        least, most = SIZES[old.kind]
        if old.least != new.least:
            narrows = new.least is not None and (old.least is None or new.least > old.least)
            yield Difference((), least, _bound(old.least), _bound(new.least), narrows=narrows, widens=not narrows)
        if old.most != new.most:
            narrows = new.most is not None and (old.most is None or _tightness(new.most) < _tightness(old.most))
            yield Difference((), most, _bound(old.most), _bound(new.most), narrows=narrows, widens=not narrows)


def _of_rules(old: Branch, new: Branch) -> Iterator[Difference]:
    for keyword in sorted({keyword for keyword, _ in old.rules ^ new.rules}):
        gone = [said for name, said in sorted(old.rules - new.rules) if name == keyword]
        added = [said for name, said in sorted(new.rules - old.rules) if name == keyword]
        undecided = bool(gone and added) or keyword not in ASSERTIONS
        yield Difference(
            (),
            keyword,
            _together(gone),
            _together(added),
            narrows=undecided or bool(added),
            widens=undecided or bool(gone),
            undecided=undecided,
        )


def _of_multiples(old: Branch, new: Branch) -> Iterator[Difference]:
    if old.whole != new.whole:
        names = {True: "integer", False: NUMBER}
        yield Difference((), "type", names[old.whole], names[new.whole], narrows=new.whole, widens=old.whole)
    olds, news = old.multiples - {WHOLE}, new.multiples - {WHOLE}
    if olds != news:
        narrows = not all(_some_multiple(old.multiples, step) for step in news)
        widens = not all(_some_multiple(new.multiples, step) for step in olds)
        if narrows or widens:
            yield Difference((), "multipleOf", _steps(olds), _steps(news), narrows=narrows, widens=widens)


def _some_multiple(steps: frozenset[Fraction], step: Fraction) -> bool:
    return any((candidate / step).denominator == 1 for candidate in steps)


def _steps(steps: frozenset[Fraction]) -> Any:
    return _together([text(_number(step)) for step in sorted(steps)])


def _together(texts: list[str]) -> Any:
    values = [json.loads(said) for said in texts]
    return ABSENT if not values else values[0] if len(values) == 1 else values


def _tightness(limit: Limit) -> tuple[Fraction, bool]:
    return limit.value, not limit.open


def _bound(limit: Limit | None) -> Any:
    if limit is None:
        return ABSENT
    return f"{_number(limit.value)}, exclusive" if limit.open else _number(limit.value)


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _allowed(value: Any, branches: tuple[Branch, ...]) -> bool:
    return any(branch.others.source.allows(branch.parts, value) for branch in branches)


def _is_closed(branch: Branch) -> bool:
    return bool(branch.others.parts) and not shape_of(branch.others).kinds


def _types(shape: Shape) -> Any:
    return "any" if len(shape.kinds) == len(KINDS) else _together([text(name) for name in shape.types]) if shape.kinds else "none"


def _meaning(schema: Schema) -> str:
    return text(sorted(schema.source.meaning(part) for part in schema.parts))


def _shown(schema: Schema) -> Any:
    return _joined([without_prose(part) for part in schema.parts])


def _shown_branches(branches: tuple[Branch, ...]) -> Any:
    return ABSENT if not branches else _joined([without_prose(part) for part in branches[0].parts if part])


def _joined(parts: list[Any]) -> Any:
    names = [name for part in parts if isinstance(part, Mapping) for name in part]
    if len(set(names)) == len(names) and all(isinstance(part, Mapping) for part in parts):
        return {name: value for part in parts for name, value in part.items()}
    return {"allOf": parts}
