"""The suite as the lint sees it: step definitions, the scenarios of the features, and which step is defined where."""

import ast
import runpy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from behave.matchers import ParseMatcher
from behave.parser import parse_file

from ci.suite_lint.source import AnyFunction, Function, Library

KEYWORDS = ("given", "when", "then", "step")
MARKS = ("right", "wrong", "absent", "neither")


@dataclass(frozen=True, slots=True)
class Definition:
    """One sentence of a step definition, which may have several. ``filled`` are its parameters that are lists with an item."""

    keyword: str
    pattern: str
    function: Function
    line: int
    marks: frozenset[str]
    judged: tuple[str, ...]
    filled: frozenset[str]
    matcher: Any = field(repr=False, compare=False)

    @property
    def path(self) -> Path:
        """Where it is written."""
        return self.function.module.path

    def fits(self, keyword: str) -> bool:
        """Whether it defines steps of ``keyword``."""
        return self.keyword in (keyword, "step")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a scenario, with what defines it: usually one definition."""

    keyword: str
    text: str
    line: int
    definitions: tuple[Definition, ...]

    def has(self, mark: str) -> bool:
        """Whether its definition has ``mark``."""
        return any(mark in each.marks for each in self.definitions[:1])


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, an outline's example included, with its background's steps.

    ``title`` is what its name was written as, the same for all examples of an outline; ``behave`` is what behave makes of it.
    """

    path: Path
    line: int
    name: str
    title: str
    tags: frozenset[str]
    steps: tuple[Step, ...]
    behave: Any = field(repr=False, compare=False)


class Suite:
    """The features below ``features`` and the step definitions in ``steps``. ``library`` finds the modules of the glue."""

    def __init__(self, features: Path, steps: Path, library: Library) -> None:
        self._features = features
        self.library = library
        self.modules = [library.read(path) for path in sorted(steps.glob("*.py"))]
        self._types = _types(steps)
        self._found: dict[tuple[str, str], tuple[Definition, ...]] = {}

    @cached_property
    def definitions(self) -> Sequence[Definition]:
        """All of them, in the order in which behave reads them."""
        return [each for module in self.modules for node in module.tree.body for each in self._of(Function(module, node))]  # type: ignore[arg-type]

    def _of(self, function: Function) -> Iterator[Definition]:
        if not isinstance(function.node, AnyFunction):
            return
        decorators = function.node.decorator_list
        marks = frozenset(each.id for each in decorators if isinstance(each, ast.Name) and each.id in MARKS)
        calls = [each for each in decorators if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)]
        judged = tuple(str(ast.literal_eval(name)) for each in calls if _called(each) == "judges" for name in each.args)
        for each in calls:
            if _called(each) not in KEYWORDS:
                continue
            pattern = str(ast.literal_eval(each.args[0]))
            matcher = ParseMatcher(None, pattern, _called(each), custom_types=self._types)
            filled = frozenset(name for name in function_arguments(function) if self._is_filled(pattern, name))
            yield Definition(_called(each), pattern, function, each.lineno, marks, judged, filled, matcher)

    def _is_filled(self, pattern: str, parameter: str) -> bool:
        """Whether ``parameter`` is of a type that makes a list, and matches no text without an item."""
        for name, convert in self._types.items():
            if f"{{{parameter}:{name}}}" in pattern:
                return str(convert.__annotations__.get("return", "")).startswith("list") and bool(convert.pattern)
        return False

    @cached_property
    def scenarios(self) -> Sequence[Scenario]:
        """All of them, by file."""
        parsed = [parse_file(str(path)) for path in sorted(self._features.rglob("*.feature"))]
        return [self._scenario(each) for feature in parsed if feature is not None for each in feature.walk_scenarios()]

    def _scenario(self, made: Any) -> Scenario:
        steps = (Step(each.step_type, each.name, each.line, self.defining(each.step_type, each.name)) for each in made.all_steps)
        title = made.parent.name if made.parent.type == "scenario_outline" else made.name
        return Scenario(Path(made.filename), made.line, made.name, title, frozenset(made.effective_tags), tuple(steps), made)

    def defining(self, keyword: str, text: str) -> tuple[Definition, ...]:
        """The definitions that match a step; behave takes the first."""
        key = (keyword, text)
        if key not in self._found:
            matching = [each for each in self.definitions if each.fits(keyword) and each.matcher.match(text)]
            self._found[key] = tuple(sorted(matching, key=lambda each: each.keyword == "step"))
        return self._found[key]

    @cached_property
    def used(self) -> Mapping[Definition, frozenset[str]]:
        """The definitions that a step of some feature finds, with the keywords of these steps."""
        found: dict[Definition, frozenset[str]] = {}
        for scenario in self.scenarios:
            for step in scenario.steps:
                for definition in step.definitions[:1]:
                    found[definition] = found.get(definition, frozenset()) | {step.keyword}
        return found


def function_arguments(function: Function) -> Iterator[str]:
    """The names of its arguments."""
    return (argument.arg for argument in function.node.args.args)


def _called(call: ast.Call) -> str:
    return call.func.id.lower() if isinstance(call.func, ast.Name) else ""


def _types(steps: Path) -> dict[str, Any]:
    """The types that step files register for parameters. These files are run: types are functions."""
    types: dict[str, Any] = {}
    for path in sorted(steps.glob("*.py")):
        if "register_type(" not in path.read_text(encoding="utf-8"):
            continue
        made = runpy.run_path(str(path))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) == "register_type":
                types |= {
                    each.arg: made[each.value.id] for each in node.keywords if each.arg and isinstance(each.value, ast.Name)
                }
    return types
