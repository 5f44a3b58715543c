"""Two versions of the parameters of an operation compared."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from poolpact.diff.changes import BOTH, CONSUMERS, NEITHER, PROVIDERS, Change, Place
from poolpact.diff.direction import Direction
from poolpact.diff.pair import Pair

Node = Mapping[str, Any]
Key = tuple[str, str]

_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_IDENTITY = ("name", "in", "required")
IN_PATH = re.compile(r"\{([^{}]*)\}")


def parameters_of(template: str, item: Node, operation: Node) -> dict[Key, tuple[Node, tuple[str, ...]]]:
    """Every parameter with the path to it from its path item; those of the path go by position, headers by lower-case name."""
    positions = {name: str(number) for number, name in enumerate(IN_PATH.findall(template), start=1)}
    found: dict[Key, tuple[Node, tuple[str, ...]]] = {}
    for holder, path in ((item, ()), (operation, ("",))):
        for number, parameter in enumerate(holder.get("parameters", [])):
            found[_key(parameter, positions)] = parameter, (*path, "parameters", str(number))
    return found


def parameter_changes(
    pair: Pair, place: Place, olds: Mapping[Key, tuple[Node, Place]], news: Mapping[Key, tuple[Node, Place]]
) -> Iterator[Change]:
    """What changed; a parameter that is new or gone is a member of the request."""
    for key in sorted(olds.keys() | news.keys()):
        parameter, at = news.get(key) or olds[key]
        name = parameter["name"]
        if key not in olds:
            required = parameter.get("required", False)
            what = f"new {'required' if required else 'optional'} parameter"
            yield Change(at, what, new=name, breaks=BOTH if required else PROVIDERS)
        elif key not in news:
            yield Change(at, "parameter removed", old=name, breaks=BOTH if parameter.get("required", False) else CONSUMERS)
        else:
            yield from _of_parameter(pair, at, olds[key][0], parameter)


def _of_parameter(pair: Pair, place: Place, old: Node, new: Node) -> Iterator[Change]:
    if old["name"] != new["name"] and old["in"] == "path":
        yield Change(place, "name of a part of the path", old["name"], new["name"], NEITHER)
    if old.get("required", False) != new.get("required", False):
        required = new.get("required", False)
        yield Change(place, "required", not required, required, CONSUMERS if required else PROVIDERS)
    yield from fields(pair, place, _STYLES[old["in"]], old, new, Direction.REQUEST, *_IDENTITY)


def fields(pair: Pair, place: Place, style: str, old: Node, new: Node, direction: Direction, *known: str) -> Iterator[Change]:
    """What changed in the value of a parameter or header: its schema, and how it is written where ``style`` is the usual way."""
    old_schema, new_schema = _value_schema(old), _value_schema(new)
    yield from pair.schemas(place.within("schema"), old_schema, new_schema, direction)
    said = ("schema", "content", "required", *known)
    yield from pair.unknown(place, _styled(old, style), _styled(new, style), *said)


def _value_schema(holder: Node) -> Any:
    for media in holder.get("content", {}).values():
        return media.get("schema", True)
    return holder.get("schema", True)


def _styled(holder: Node, usual: str) -> dict[str, Any]:
    """``holder`` with the way its value is written spelled out, unless that is a media type."""
    if "content" in holder:
        return {**holder, "media type": sorted(holder["content"])}
    style = holder.get("style", usual)
    return {"style": style, "explode": style == "form", "allowReserved": False, **holder}


def _key(parameter: Node, positions: Mapping[str, str]) -> Key:
    name, where = parameter["name"], parameter["in"]
    if where == "path":
        return where, positions.get(name, name)
    return where, name.lower() if where == "header" else name
