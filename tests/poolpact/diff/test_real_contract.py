"""The contract of this repository: it does not differ from itself, and nothing in it changes unseen."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poolpact.contract.document import at_pointer, load_document, references
from poolpact.contract.files import CONTRACTS
from poolpact.diff import CannotCompare, ContractVersion, compare, read_version
from poolpact.diff.canonical import is_prose, without_prose

PATHS = ("/pools/{pool_id}/preload", "/pools/{pool_id}/leases")
WHOLE = ("securitySchemes", "examples")
Leaf = tuple[str | int, ...]


def part_of_the_contract() -> dict[str, Any]:
    """The two richest paths, and the components that they use."""
    whole = load_document()
    used: set[str] = set()
    todo: list[Any] = [{path: whole["paths"][path] for path in PATHS}]
    while todo:
        for reference in set(references(without_prose(todo.pop()))) - used:
            used.add(reference)
            todo.append(at_pointer(whole, reference.removeprefix("#")))
    components = {
        kind: {name: one for name, one in named.items() if kind in WHOLE or f"#/components/{kind}/{name}" in used}
        for kind, named in whole["components"].items()
    }
    return {**whole, "paths": {path: whole["paths"][path] for path in PATHS}, "components": components}


def leaves(node: Any, at: Leaf = ()) -> Iterator[Leaf]:
    """The way to every value in ``node`` that holds no other."""
    if isinstance(node, dict | list) and node:
        for key, member in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(member, (*at, key))
    else:
        yield at


def changed(document: dict[str, Any], leaf: Leaf) -> dict[str, Any]:
    """The document with another value at ``leaf``."""
    copied = copy.deepcopy(document)
    holder: Any = copied
    for key in leaf[:-1]:
        holder = holder[key]
    value = holder[leaf[-1]]
    others: dict[type, Any] = {
        bool: lambda: not value,
        str: lambda: f"{value}x",
        dict: lambda: {"x": 1},
        list: lambda: [{"x": []}],
    }
    holder[leaf[-1]] = others[type(value)]() if type(value) in others else 7 if value is None else value + 1
    return copied


DOCUMENT = part_of_the_contract()


WITHOUT_EFFECT: Leaf = ("components", "schemas", "Problem", "properties", "code", "minLength")
"""Every refusal lists its codes, and none of them is empty."""


def is_aside(leaf: Leaf) -> bool:
    """The version is judged by the rest, and prose has tests of its own."""
    keywords = [str(key) for before, key in zip(("", *leaf), leaf, strict=False) if before != "properties"]
    return (
        any(is_prose(key) for key in keywords)
        or leaf[0] == "openapi"
        or leaf[:2] == ("info", "version")
        or leaf == WITHOUT_EFFECT
    )


@pytest.mark.parametrize("kind", ["servers", "security", *PATHS, *sorted(DOCUMENT["components"].keys() - {"examples"})])
def test_nothing_changes_unseen(kind: str) -> None:
    top = ("paths", kind) if kind in PATHS else ("components", kind) if kind in DOCUMENT["components"] else (kind,)
    chosen = [leaf for leaf in leaves(DOCUMENT) if leaf[: len(top)] == top and not is_aside(leaf)]
    old = ContractVersion("old", DOCUMENT)
    assert chosen
    assert compare(old, old).changes == ()
    for leaf in chosen:
        try:
            comparison = compare(old, ContractVersion("new", changed(DOCUMENT, leaf)))
        except CannotCompare as error:
            assert str(error).startswith("new: ")  # noqa: PT017 - a value that makes the document a broken one is seen too
        else:
            assert comparison.changes, leaf


def test_it_does_not_differ_from_itself() -> None:
    contract = read_version(str(CONTRACTS))
    comparison = compare(contract, contract)
    assert (comparison.changes, comparison.wording) == ((), 0)


def test_its_handoff_is_a_file_format_and_the_rest_is_on_the_wire() -> None:
    contract = read_version(str(CONTRACTS))
    assert "schemas/handoff.json" in contract.files
    assert not {"schemas/problem.json", "schemas/prepared_engine.json"} & contract.files.keys()
    assert contract.requirements is not None
    assert Path(contract.path_of("openapi.yaml")) == CONTRACTS / "openapi.yaml"
