"""A stub told in a YAML file; what does not fit is said with its line."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from poolpact.stub.errors import StubRefused
from poolpact.stub.operations import Operations
from poolpact.stub.pools import ToldPool, pool_of_members
from poolpact.stub.telling import CannotBeTold
from poolpact.stub.told_faults import ToldFault, fault_of_members
from poolpact.yamlfile import parse_yaml

_MEMBERS = ("pools", "faults")


def read_stub_file(path: Path, operations: Operations) -> tuple[list[ToldPool], list[ToldFault]]:
    """The pools and faults of the file; raises StubRefused with the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StubRefused(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise StubRefused(f"{path}: not UTF-8") from None
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        _check_names(root)
        document = parse_yaml(text)
    except yaml.YAMLError as error:
        raise StubRefused(f"{path}:{_line_of(error)}: {_problem_of(error)}") from None
    except RecursionError:
        raise StubRefused(f"{path}: nested too deeply") from None
    try:
        return _told(document, operations)
    except CannotBeTold as wrong:
        raise StubRefused(f"{path}:{_line_at(root, wrong.where)}: {wrong}") from None


def _told(document: Any, operations: Operations) -> tuple[list[ToldPool], list[ToldFault]]:
    if document is None:
        return [], []
    if not isinstance(document, dict):
        raise CannotBeTold((), f"expected a mapping with {' and '.join(_MEMBERS)}")
    for name in document:
        if name not in _MEMBERS:
            raise CannotBeTold((str(name),), f"there is no such member; there are {' and '.join(_MEMBERS)}")
    return list(_pools(document.get("pools"))), list(_faults(document.get("faults"), operations))


def _pools(told: Any) -> Iterator[ToldPool]:
    if not isinstance(told or {}, dict):
        raise CannotBeTold(("pools",), "expected a mapping of pool ids")
    for pool_id, members in (told or {}).items():
        with _below("pools", str(pool_id)):
            pool = pool_of_members(pool_id, _mapping(members, "a mapping such as {state: ready, slots: 4}"))
        yield pool


def _faults(told: Any, operations: Operations) -> Iterator[ToldFault]:
    if not isinstance(told or [], list):
        raise CannotBeTold(("faults",), "expected a list")
    for place, members in enumerate(told or []):
        with _below("faults", str(place)):
            fault = fault_of_members(_mapping(members, "a mapping such as {call: status, delay: 3s}"), operations)
        yield fault


def _mapping(members: Any, expected: str) -> Mapping[str, Any]:
    if not isinstance(members, dict) or not all(isinstance(name, str) for name in members):
        raise CannotBeTold((), f"expected {expected}")
    return members


@contextlib.contextmanager
def _below(*where: str) -> Iterator[None]:
    """What does not fit inside is said of ``where``."""
    try:
        yield
    except CannotBeTold as wrong:
        raise CannotBeTold((*where, *wrong.where), wrong.why) from None


def _check_names(node: yaml.Node | None) -> None:
    """YAML lets a name be given twice in one mapping, and the last one win."""
    if isinstance(node, yaml.SequenceNode):
        for member in node.value:
            _check_names(member)
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for name, member in node.value:
            if isinstance(name, yaml.ScalarNode):
                if name.value in seen:
                    raise ConstructorError(problem=f"{name.value} is told twice", problem_mark=name.start_mark)
                seen.add(name.value)
            _check_names(member)


def _line_at(node: yaml.Node | None, where: tuple[str, ...]) -> int:
    """The line of the deepest node on the way to ``where``."""
    line = 1
    for step in where:
        found = _step(node, step)
        if found is None:
            break
        line, node = found
    return line


def _step(node: yaml.Node | None, step: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((name.start_mark.line + 1, member) for name, member in node.value if name.value == step), None)
    if isinstance(node, yaml.SequenceNode) and step.isdecimal():
        member = node.value[int(step)]
        return member.start_mark.line + 1, member
    return None


def _line_of(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return 1 if mark is None else mark.line + 1


def _problem_of(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML")
