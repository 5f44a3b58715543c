"""The calls that an expression makes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_TOGETHER = frozenset({"gather", "wait_for"})


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is made whenever the expression around it is evaluated. It is said where nobody looks at its result."""

    node: ast.Call
    is_awaited: bool
    is_said: bool


def certain_calls(node: ast.AST, *, is_awaited: bool = False, is_said: bool = False) -> Iterator[Call]:
    """The calls that evaluating ``node`` makes whatever happens: not those behind ``and``, ``or``, ``if`` or a loop."""
    match node:
        case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return
        case ast.BoolOp(values=[first, *_]) | ast.IfExp(test=first):
            yield from certain_calls(first)
        case ast.ListComp(generators=[first, *_]) | ast.SetComp(generators=[first, *_]) | ast.DictComp(generators=[first, *_]):
            yield from certain_calls(first.iter)
        case ast.GeneratorExp(generators=[first, *_]):
            yield from certain_calls(first.iter)
        case ast.Await(value=inner):
            yield from certain_calls(inner, is_awaited=True, is_said=is_said)
        case ast.Call():
            yield Call(node, is_awaited, is_said)
            together = is_awaited and last_name(node.func) in _TOGETHER
            for part in ast.iter_child_nodes(node):
                is_one = together and isinstance(part, ast.Call)
                yield from certain_calls(part, is_awaited=is_one, is_said=is_one and is_said)
        case _:
            for part in ast.iter_child_nodes(node):
                yield from certain_calls(part)


def last_name(function: ast.expr) -> str:
    """The name by which a function or method is called."""
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
