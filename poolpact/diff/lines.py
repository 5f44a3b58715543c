"""The line of a file that a change is about."""

import os.path
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

import yaml

from poolpact.diff.changes import Place
from poolpact.diff.schema import EVERY
from poolpact.diff.versions import ContractVersion

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class _Spot:
    file: str
    node: yaml.Node
    line: int


class Lines:
    """Finds lines in the files of one version. What cannot be found as a whole is found as far as it goes."""

    def __init__(self, version: ContractVersion) -> None:
        self._version = version
        self._roots: dict[str, yaml.Node | None] = {}

    def of(self, place: Place, keyword: str) -> tuple[str, bool]:
        """``file:line`` of a place, of a ``keyword`` there if it has that, and whether all of the place was found."""
        spot = self._root(place.file)
        if spot is None:
            return self._version.path_of(place.file), False
        found = 0
        for step in place.path:
            below = self._member(self._followed(spot), step)
            if below is None:
                break
            spot, found = below, found + 1
        if found == len(place.path):
            for step in place.pointer:
                below = next(self._data(spot, step), None)
                if below is None:
                    break
                spot, found = below, found + 1
        whole = found == len(place.path) + len(place.pointer)
        if whole:
            spot = self._member(self._followed(spot), keyword) or spot
        return f"{self._version.path_of(spot.file)}:{spot.line}", whole

    def _root(self, file: str) -> _Spot | None:
        if file not in self._roots:
            try:
                self._roots[file] = yaml.compose(self._version.text_of(file), Loader=_LOADER)
            except (OSError, ValueError, yaml.YAMLError, RecursionError):
                self._roots[file] = None
        node = self._roots[file]
        return None if node is None else _Spot(file, node, 1)

    def _member(self, spot: _Spot, name: str) -> _Spot | None:
        if isinstance(spot.node, yaml.MappingNode):
            for key, value in spot.node.value:
                if key.value == name:
                    return _Spot(spot.file, value, key.start_mark.line + 1)
        elif isinstance(spot.node, yaml.SequenceNode):
            for number, entry in enumerate(spot.node.value):
                if str(number) == name or _is_called(entry, name):
                    return _Spot(spot.file, entry, entry.start_mark.line + 1)
        return None

    def _followed(self, spot: _Spot) -> _Spot:
        """What a reference at ``spot`` leads to, at most through a few."""
        for _ in range(8):
            reference = self._member(spot, "$ref") if isinstance(spot.node, yaml.MappingNode) else None
            if reference is None or not isinstance(reference.node, yaml.ScalarNode):
                return spot
            beside, _, pointer = reference.node.value.partition("#")
            file = os.path.normpath(PurePosixPath(spot.file).parent / unquote(beside)) if beside else spot.file
            target = self._root(file)
            for part in unquote(pointer).split("/")[1:]:
                target = target and self._member(target, part.replace("~1", "/").replace("~0", "~"))
            if target is None:
                return spot
            spot = target
        return spot

    def _data(self, spot: _Spot, step: str) -> Iterator[_Spot]:
        """Where the schema at ``spot`` speaks of the part ``step`` of the data."""
        schema = self._followed(spot)
        names = {EVERY: ("items", "additionalProperties")}.get(step, ())
        holders = [self._member(schema, name) for name in ("properties", "prefixItems")]
        yield from (found for holder in holders if holder and (found := self._member(holder, step)))
        yield from (found for name in names if (found := self._member(schema, name)))
        for combinator in ("allOf", "anyOf", "oneOf"):
            parts = self._member(schema, combinator)
            for node in parts.node.value if parts and isinstance(parts.node, yaml.SequenceNode) else ():
                yield from self._data(replace(schema, node=node), step)


def _is_called(entry: yaml.Node, name: str) -> bool:
    """Whether an entry of a list has that id, or that description before what is given."""
    if not isinstance(entry, yaml.MappingNode):
        return False
    said = {key.value: value.value for key, value in entry.value if isinstance(value, yaml.ScalarNode)}
    return said.get("id") == name or ("description" in said and f"{name}, given ".startswith(f"{said['description']}, given "))
