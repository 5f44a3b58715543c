"""The ways through a function: a graph of its statements, with the ends of a normal return and of a failed assertion."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ci.suite_lint.truth import truth

EXIT, FAIL, OTHER = 0, 1, 2
"""A normal return, an AssertionError that leaves the function, and any other exception that does."""

_SWALLOWING = frozenset({"AssertionError", "Exception", "BaseException"})


@dataclass(slots=True)
class Graph:
    """``ways`` are the nodes that may follow a node, ``lines`` where in the source it is."""

    ways: list[set[int]] = field(default_factory=lambda: [set(), set(), set()])
    lines: list[int] = field(default_factory=lambda: [0, 0, 0])
    entry: int = EXIT

    def add(self, line: int, *ways: int) -> int:
        """A new node."""
        self.ways.append(set(ways))
        self.lines.append(line)
        return len(self.ways) - 1

    def reaching(self, end: int) -> set[int]:
        """The nodes from which ``end`` can be reached."""
        before: dict[int, set[int]] = {}
        for node, ways in enumerate(self.ways):
            for way in ways:
                before.setdefault(way, set()).add(node)
        found, rest = {end}, [end]
        while rest:
            new = before.get(rest.pop(), set()) - found
            found |= new
            rest += new
        return found

    def unchecked_way(self) -> list[int] | None:
        """The lines of a way to the normal return on which nothing can fail; None when there is none.

        A node is a check when one of its ways leads to a failed assertion whatever happens, and another does not.
        """
        doomed = self.reaching(FAIL) - self.reaching(EXIT)
        came_from: dict[int, int] = {self.entry: self.entry}
        rest = [self.entry]
        while rest:
            node = rest.pop(0)
            if node == EXIT:
                return self._way_back(came_from)
            if node in doomed or self.ways[node] & doomed:
                continue
            for way in sorted(self.ways[node] - came_from.keys()):
                came_from[way] = node
                rest.append(way)
        return None

    def _way_back(self, came_from: dict[int, int]) -> list[int]:
        node, lines = EXIT, []
        while came_from[node] != node:
            node = came_from[node]
            lines.append(self.lines[node])
        return sorted({line for line in lines if line})


@dataclass(frozen=True, slots=True)
class _Frame:
    """What catches exceptions around a statement: ``catch`` finds the node that an exception called so goes on at."""

    assertion: int | None
    others: tuple[int, ...]
    final: Sequence[ast.stmt] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a statement is: what catches around it, and where break and continue lead, from which depth of frames."""

    frames: tuple[_Frame, ...] = ()
    leave: int = EXIT
    again: int = EXIT
    loop_depth: int = 0
    caught: bool = False
    """Whether a bare raise here raises an AssertionError again."""


@dataclass(slots=True)
class Builder:
    """Builds the graph of one function.

    ``can_fail`` tells of an expression whether evaluating it can raise an AssertionError on every evaluation of it, ``runs`` of
    a loop's iterable whether it is known to have a first item, ``is_assertion`` of an exception's name whether it is one.
    Without ``heeds_raise`` a raise or an assert is no failure of its own, but for one that raises a caught failure again.
    """

    can_fail: Callable[[ast.AST], bool]
    runs: Callable[[ast.For | ast.AsyncFor], bool]
    is_assertion: Callable[[str], bool]
    heeds_raise: bool = True
    graph: Graph = field(default_factory=Graph)

    def build(self, body: Sequence[ast.stmt]) -> Graph:
        """The graph of a function with ``body``."""
        self.graph.entry = self._all(body, EXIT, _Place())
        return self.graph

    def _all(self, body: Sequence[ast.stmt], after: int, place: _Place) -> int:
        for statement in reversed(body):
            after = self._one(statement, after, place)
        return after

    def _one(self, node: ast.stmt, after: int, place: _Place) -> int:
        match node:
            case ast.If(test=test, body=body, orelse=other):
                bodies = {True: (body,), False: (other,), None: (body, other)}[truth(test)]
                return self._node(node, [test], [self._all(each, after, place) for each in bodies], place)
            case ast.For() | ast.AsyncFor():
                return self._loop(node, after, place)
            case ast.While():
                return self._while(node, after, place)
            case ast.Return():
                return self._node(node, [node.value], [self._through_finals(EXIT, place, 0)], place)
            case ast.Raise():
                return self._node(node, [node.exc], [self._raised(node, place)], place)
            case ast.Break():
                return self._through_finals(place.leave, place, place.loop_depth)
            case ast.Continue():
                return self._through_finals(place.again, place, place.loop_depth)
            case ast.With() | ast.AsyncWith():
                return self._with(node, after, place)
            case ast.Try() | ast.TryStar():
                return self._try(node, after, place)
            case ast.Match():
                return self._match(node, after, place)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Pass():
                return after
            case ast.Assert(test=test):
                ways = [after] if truth(test) is True or not self.heeds_raise else [after, self._failed(place)]
                return self._node(node, [test], ways, place)
        return self._node(node, [node], [after], place)

    def _node(self, node: ast.AST, evaluated: Sequence[ast.AST | None], ways: Sequence[int], place: _Place) -> int:
        """One node that evaluates some expressions and then goes one of ``ways``."""
        parts = [each for each in evaluated if each is not None]
        entry = self.graph.add(getattr(node, "lineno", 0), *ways)
        if any(isinstance(inner, ast.Call | ast.Subscript | ast.Await) for part in parts for inner in ast.walk(part)):
            self.graph.ways[entry] |= set(self._other_ways(place))
        if any(self.can_fail(part) for part in parts):
            entry = self.graph.add(getattr(node, "lineno", 0), entry, self._failed(place))
        return entry

    def _loop(self, node: ast.For | ast.AsyncFor, after: int, place: _Place) -> int:
        head = self.graph.add(node.lineno)
        inner = self._in_loop(place, after, head)
        self.graph.ways[head] |= {self._all(node.body, head, inner), self._all(node.orelse, after, place)}
        first = self._all(node.body, head, inner) if self.runs(node) else head
        return self._node(node, [node.iter], [first], place)

    def _while(self, node: ast.While, after: int, place: _Place) -> int:
        head = self.graph.add(node.lineno)
        inner = self._in_loop(place, after, head)
        ways = [self._all(node.body, head, inner)]
        if truth(node.test) is not True:
            ways.append(self._all(node.orelse, after, place))
        self.graph.ways[head].add(self._node(node, [node.test], ways, place))
        return head

    @staticmethod
    def _in_loop(place: _Place, after: int, head: int) -> _Place:
        return _Place(place.frames, after, head, len(place.frames), place.caught)

    def _with(self, node: ast.With | ast.AsyncWith, after: int, place: _Place) -> int:
        inner = place
        for item in node.items:
            names = _suppressed(item.context_expr)
            if names is not None:
                frame = _Frame(after if self._swallow(names) else None, (after,))
                inner = _Place((*inner.frames, frame), inner.leave, inner.again, inner.loop_depth, inner.caught)
        body = self._all(node.body, after, inner)
        return self._node(node, [item.context_expr for item in node.items], [body], place)

    def _swallow(self, names: Sequence[str | None]) -> bool:
        return any(name is None or name in _SWALLOWING for name in names)

    def _try(self, node: ast.Try | ast.TryStar, after: int, place: _Place) -> int:
        if node.finalbody:
            guarded = _Place(
                (*place.frames, _Frame(None, (), node.finalbody)), place.leave, place.again, place.loop_depth, place.caught
            )
            after = self._all(node.finalbody, after, place)
        else:
            guarded = place
        assertion: int | None = None
        others: list[int] = []
        for handler in node.handlers:
            names = _names(handler.type)
            of_assertions = self._swallow(names) or any(name and self.is_assertion(name) for name in names)
            inner = _Place(guarded.frames, guarded.leave, guarded.again, guarded.loop_depth, of_assertions)
            entry = self._all(handler.body, after, inner)
            others.append(entry)
            if assertion is None and self._swallow(names):
                assertion = entry
        frame = _Frame(assertion, tuple(others))
        inside = _Place((*guarded.frames, frame), guarded.leave, guarded.again, guarded.loop_depth, guarded.caught)
        return self._all(node.body, self._all(node.orelse, after, guarded), inside)

    def _match(self, node: ast.Match, after: int, place: _Place) -> int:
        ways = [self._all(case.body, after, place) for case in node.cases]
        last = node.cases[-1]
        if last.guard is not None or not (isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None):
            ways.append(after)
        return self._node(node, [node.subject], ways, place)

    # --- where exceptions and jumps lead ---

    def _raised(self, node: ast.Raise, place: _Place) -> int:
        if node.exc is None:
            return self._failed(place) if place.caught else OTHER
        made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(made, ast.Name) and self.is_assertion(made.id):
            return self._failed(place) if self.heeds_raise or place.caught else OTHER
        return next(iter(self._other_ways(place)), OTHER)

    def _failed(self, place: _Place) -> int:
        """Where an AssertionError leads that is raised at ``place``."""
        for depth in range(len(place.frames) - 1, -1, -1):
            frame = place.frames[depth]
            if frame.assertion is not None:
                return frame.assertion
            if frame.final:
                outside = _Place(place.frames[:depth], place.leave, place.again, place.loop_depth, place.caught)
                return self._all(frame.final, self._failed(outside), outside)
        return FAIL

    def _other_ways(self, place: _Place) -> Iterator[int]:
        """Where another exception may lead."""
        for frame in reversed(place.frames):
            yield from frame.others

    def _through_finals(self, target: int, place: _Place, depth: int) -> int:
        """``target``, by way of every finally between ``place`` and the frames it lies in."""
        for index in range(depth, len(place.frames)):
            frame = place.frames[index]
            if frame.final:
                outside = _Place(place.frames[:index], place.leave, place.again, place.loop_depth, place.caught)
                target = self._all(frame.final, target, outside)
        return target


def _suppressed(made: ast.expr) -> list[str | None] | None:
    """The exceptions that ``contextlib.suppress(…)`` takes; None for any other context manager."""
    if not isinstance(made, ast.Call):
        return None
    name = made.func.attr if isinstance(made.func, ast.Attribute) else made.func.id if isinstance(made.func, ast.Name) else ""
    return [each for argument in made.args for each in _names(argument)] if name == "suppress" else None


def _names(kind: ast.expr | None) -> list[str | None]:
    """The names of the exceptions in an except clause; None stands for one that cannot be told."""
    if isinstance(kind, ast.Tuple):
        return [name for each in kind.elts for name in _names(each)]
    if isinstance(kind, ast.BinOp):
        return [*_names(kind.left), *_names(kind.right)]
    if isinstance(kind, ast.Attribute):
        return [kind.attr]
    return [kind.id if isinstance(kind, ast.Name) else None]
