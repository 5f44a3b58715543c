"""Whether a Then can fail: whether its step asserts something on every path, the calls it makes into the glue included."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci.suite_lint.calls import Call, certain_calls, last_name
from ci.suite_lint.flow import Builder
from ci.suite_lint.source import Class, Function
from ci.suite_lint.truth import truth
from ci.suite_lint.types import Scope, Types, own_nodes

WAITING = frozenset({"until", "complete", "throughout"})
"""The methods of a Timekeeper: each fails unless what it waits for comes, or stays."""
_EXPECT = ("poolpact.expectation", "expect")
_PASSED_ON = frozenset({"list", "tuple", "set", "sorted", "reversed", "enumerate", "iter"})


@dataclass(frozen=True, slots=True)
class Gap:
    """A function that can return without having asserted anything, and the lines it comes by."""

    path: Path
    name: str
    line: int
    lines: tuple[int, ...]


@dataclass(slots=True)
class Asserting:
    """Judges functions; each once for each set of arguments that are known to have an item.

    ``of_absence`` lets pass what only says of all items, however few, that none is wrong: "nothing was written" says no more.
    With ``by_waiting`` nothing counts but waiting: what is called for its result, to be looked at, asserts no more than that it
    could be read.
    """

    types: Types
    of_absence: bool = False
    by_waiting: bool = False
    _gaps: dict[tuple[ast.AST, frozenset[str]], Gap | None] = field(default_factory=dict)
    _waiting: "Asserting | None" = None

    @property
    def waiting(self) -> "Asserting":
        """The same, where nothing counts but waiting."""
        if self._waiting is None:
            self._waiting = Asserting(self.types, self.of_absence, by_waiting=True)
        return self._waiting

    def gap(self, function: Function, filled: frozenset[str] = frozenset(), outer: Scope | None = None) -> Gap | None:
        """Where ``function`` asserts nothing; None when it does on every path. ``filled`` are arguments that have an item."""
        key = (function.node, filled)
        if key not in self._gaps:
            self._gaps[key] = Gap(function.module.path, function.node.name, function.node.lineno, ())
            self._gaps[key] = _Body(self, function, filled, outer).gap()
        return self._gaps[key]


class _Body:
    """One function while it is judged."""

    def __init__(self, asserting: Asserting, function: Function, filled: frozenset[str], outer: Scope | None) -> None:
        self._asserting = asserting
        self._reading = asserting if asserting.by_waiting else asserting.waiting
        self._types = asserting.types
        self._function = function
        self._scope = self._types.scope_of(function, outer)
        self._filled = filled
        self._guards = dict(_guards(function))
        loops = [node for node in own_nodes(function.node) if isinstance(node, ast.For | ast.AsyncFor)]
        self._running = {id(loop) for loop in loops if self._has_item(loop.iter, loop.lineno)}
        looped = {ast.unparse(inner) for loop in loops for inner in ast.walk(loop.iter) if isinstance(inner, ast.expr)}
        self._enabling = {guard for guard, (_, items) in self._guards.items() if items in looped}
        self._iterables = {id(inner) for loop in loops for inner in ast.walk(loop.iter)}
        self._returned = {node.value for node in own_nodes(function.node) if isinstance(node, ast.Return)}
        self._missed: dict[ast.AST, Gap] = {}

    def gap(self) -> Gap | None:
        is_assertion = self._types.library.is_assertion
        builder = Builder(
            can_fail=lambda node: any(self._is_check(call) for call in self._calls_in(node)),
            runs=lambda loop: id(loop) in self._running,
            is_assertion=lambda name: is_assertion(self._scope.module, name),
            heeds_raise=not self._asserting.by_waiting,
        )
        lines = builder.build(self._function.node.body).unchecked_way()
        if lines is None:
            return None
        here = Gap(self._function.module.path, self._function.node.name, self._function.node.lineno, tuple(lines))
        return self._missed.get(_only_call(self._function.node.body), here)

    # --- calls ---

    def _calls_in(self, node: ast.AST) -> Iterator[Call]:
        """The calls that evaluating ``node`` makes, those included whose coroutine a name holds until it is awaited here."""
        is_said = isinstance(node, ast.Expr) or node in self._returned
        node = node.value if isinstance(node, ast.Expr) else node
        yield from certain_calls(node, is_said=is_said)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Await) and isinstance(inner.value, ast.Name) and inner.value.id in self._scope.pending:
                yield Call(self._scope.pending[inner.value.id], True, is_said and node is inner)

    def _is_check(self, found: Call) -> bool:
        call = found.node
        name = last_name(call.func)
        if isinstance(call.func, ast.Name) and self._scope.module.imports.get(name) == _EXPECT:
            if self._asserting.by_waiting or id(call) in self._enabling or not call.args or self._is_sure(call.args[0]):
                return False
            return self._asserting.of_absence or not self._says_nothing_of_none(call.args[0])
        called = self._types.called(call.func, self._scope)
        if isinstance(call.func, ast.Attribute) and name in WAITING and self._is_timekeeper(call.func.value, called):
            return found.is_awaited and self._may_not_come(call, name)
        if not isinstance(called, Function) or (called.is_async and not found.is_awaited):
            return False
        if id(call) in self._iterables and self._is_filled_result(call):
            return False
        asserting = self._asserting if found.is_said else self._reading
        gap = asserting.gap(called, self._filled_arguments(call, called), self._outer_of(called))
        if gap is not None:
            self._missed[call] = gap
        return gap is None

    def _outer_of(self, called: Function) -> Scope | None:
        return self._scope if called.node in self._scope.functions.values() else None

    def _is_timekeeper(self, receiver: ast.expr, called: Class | Function | None) -> bool:
        """Whether a Timekeeper is asked: by its type, or as ``.time`` of a world."""
        if isinstance(called, Function):
            return called.owner is not None and called.owner.node.name == "Timekeeper"
        return isinstance(receiver, ast.Attribute) and receiver.attr == "time"

    def _may_not_come(self, call: ast.Call, name: str) -> bool:
        """Whether what is waited for is not a matter of course."""
        if name == "complete" or not call.args:
            return True
        check = call.args[0]
        if isinstance(check, ast.Lambda):
            return truth(check.body) is not True
        found = self._types.called(check, self._scope)
        if not isinstance(found, Function):
            return True
        returned = [node for node in own_nodes(found.node) if isinstance(node, ast.Return)]
        is_sure = bool(returned) and all(node.value is not None and truth(node.value) is True for node in returned)
        return not is_sure or self._asserting.gap(found, frozenset(), self._outer_of(found)) is None

    def _is_sure(self, condition: ast.expr) -> bool:
        """Whether a condition always holds: a constant, a method that is not called, a coroutine that is not awaited."""
        if truth(condition) is True:
            return True
        if isinstance(condition, ast.Call):
            if isinstance(condition.func, ast.Name) and condition.func.id == "bool" and len(condition.args) == 1:
                return self._is_sure(condition.args[0])
            called = self._types.called(condition.func, self._scope)
            return isinstance(called, Function) and called.is_async
        if isinstance(condition, ast.Attribute):
            method = self._types.called(condition, self._scope)
            return isinstance(method, Function) and not method.is_property
        if isinstance(condition, ast.BoolOp):
            sure = [self._is_sure(each) for each in condition.values]
            return any(sure) if isinstance(condition.op, ast.Or) else all(sure)
        return False

    def _says_nothing_of_none(self, condition: ast.expr) -> bool:
        """Whether a condition holds where there is no item: ``not wrong``, where that are those of some items that are."""
        match condition:
            case ast.UnaryOp(op=ast.Not(), operand=ast.ListComp() | ast.SetComp() | ast.DictComp() as some):
                return not self._has_item(some.generators[0].iter, condition.lineno)
            case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
                made = [node for node in own_nodes(self._function.node) if _assigns(node, name)]
                return bool(made) and all(
                    isinstance(node.value, ast.ListComp | ast.SetComp | ast.DictComp)
                    and not self._has_item(node.value.generators[0].iter, node.lineno)
                    for node in made
                    if isinstance(node, ast.Assign)
                )
            case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp() | ast.ListComp() as each]):
                return not self._has_item(each.generators[0].iter, condition.lineno)
        return False

    # --- what has an item ---

    def _filled_arguments(self, call: ast.Call, called: Function) -> frozenset[str]:
        names = [argument.arg for argument in (*called.node.args.posonlyargs, *called.node.args.args)]
        if called.owner is not None:
            names = names[1:]
        given = [*zip(names, call.args, strict=False), *((each.arg, each.value) for each in call.keywords)]
        filled = frozenset(name for name, value in given if name and self._has_item(value, call.lineno))
        rest = called.node.args.vararg
        return filled | {rest.arg} if rest is not None and len(call.args) > len(names) else filled

    def _has_item(self, node: ast.expr, line: int) -> bool:
        """Whether ``node`` is known to have an item when it is looked at in ``line``."""
        match node:
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return self._has_item(inner, line)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return any(not isinstance(part, ast.Starred) for part in parts)
            case ast.Name(id=name) if name in self._filled:
                return True
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _PASSED_ON:
                return self._has_item(inner, line)
            case ast.Call():
                return self._is_filled_result(node)
        return self._guard_of(node, line) is not None

    def _guard_of(self, node: ast.expr, line: int) -> int | None:
        """The ``expect(bool(items), …)`` before ``line`` that lets ``node`` have an item."""
        if isinstance(node, ast.Subscript) and _keeps_one(node.slice):
            return self._guard_of(node.value, line)
        for guard, (guard_line, items) in self._guards.items():
            if guard_line < line and items == ast.unparse(node):
                return guard
        return None

    def _is_filled_result(self, call: ast.Call) -> bool:
        """Whether a function is called that expects, of what it returns, that it has an item."""
        called = self._types.called(call.func, self._scope)
        if not isinstance(called, Function):
            return False
        guarded = {items for _, (_, items) in _guards(called)}
        returned = [node.value for node in own_nodes(called.node) if isinstance(node, ast.Return)]
        return bool(returned) and all(value is not None and ast.unparse(value) in guarded for value in returned)


def _only_call(body: Sequence[ast.stmt]) -> ast.AST:
    """The call that is all a function does; the function's first statement where it does more."""
    match body:
        case [ast.Expr(value=ast.Await(value=ast.Call() as call) | (ast.Call() as call))]:
            return call
    return body[0]


def _assigns(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(each, ast.Name) and each.id == name for each in node.targets)


def _guards(function: Function) -> Iterator[tuple[int, tuple[int, str]]]:
    """The ``expect(bool(items), …)`` on the outermost level of a function: by the call's id, the line and the items."""
    if function.module.imports.get("expect") != _EXPECT:
        return
    defaults = _defaults(function.node.args)
    for statement in function.node.body:
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Name(id="expect"), args=[condition, *_]) as call):
                items = _known_to_have_one(condition, defaults)
                if items is not None:
                    yield id(call), (statement.lineno, ast.unparse(items))


def _known_to_have_one(condition: ast.expr, defaults: Mapping[str, int]) -> ast.expr | None:
    """The items of ``bool(items)``, ``len(items) > 0`` and the like."""
    match condition:
        case ast.Call(func=ast.Name(id="bool"), args=[items]):
            return items
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="len"), args=[items]), ops=[ast.Gt() | ast.GtE() | ast.Eq() as op], comparators=[many]
        ):
            least = _number(many, defaults)
            return items if least is not None and (least > 0 or (least == 0 and isinstance(op, ast.Gt))) else None
    return None


def _number(node: ast.expr, defaults: Mapping[str, int]) -> int | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    return defaults.get(node.id) if isinstance(node, ast.Name) else None


def _defaults(arguments: ast.arguments) -> dict[str, int]:
    """The arguments that are numbers unless the caller says otherwise: at least as many, it is taken."""
    named: Sequence[ast.arg] = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(reversed(named), reversed(arguments.defaults), strict=False))
    return {each.arg: int(value.value) for each, value in pairs if isinstance(value, ast.Constant) and type(value.value) is int}


def _keeps_one(index: ast.expr) -> bool:
    """Whether a slice of something that has an item has one: ``[:2]`` and ``[-2:]``, not ``[1:]``."""
    match index:
        case ast.Slice(lower=None, upper=ast.Constant(value=int(many)), step=None):
            return many > 0
        case ast.Slice(lower=ast.UnaryOp(op=ast.USub()), upper=None, step=None):
            return True
    return False
