"""Every step has exactly one definition, and every definition a step."""

from collections.abc import Iterator

from ci.suite_lint.finding import Finding
from ci.suite_lint.suite import Definition, Suite


def check(suite: Suite) -> Iterator[Finding]:
    """Steps without a definition or with several, definitions without a step, and sentences that are defined twice."""
    yield from _of_steps(suite)
    for definition in suite.definitions:
        if definition not in suite.used:
            what = f"no feature says {definition.pattern!r}"
            yield Finding(definition.path, definition.line, what, "a step that is never run is never known to work")
    yield from _defined_twice(suite)


def _of_steps(suite: Suite) -> Iterator[Finding]:
    undefined: set[tuple[str, str]] = set()
    several: set[tuple[Definition, ...]] = set()
    for scenario in suite.scenarios:
        for step in scenario.steps:
            if not step.definitions and (step.keyword, step.text) not in undefined:
                undefined.add((step.keyword, step.text))
                why = "a scenario with an undefined step judges nothing"
                yield Finding(scenario.path, step.line, f"{step.keyword} {step.text!r} has no definition", why)
            if len(step.definitions) > 1 and step.definitions not in several:
                several.add(step.definitions)
                places = ", ".join(f"{each.path.name}:{each.line} {each.pattern!r}" for each in step.definitions)
                why = "which of them is run is a matter of the order in which they are read"
                yield Finding(scenario.path, step.line, f"{step.keyword} {step.text!r} has several definitions: {places}", why)


def _defined_twice(suite: Suite) -> Iterator[Finding]:
    for number, definition in enumerate(suite.definitions):
        for other in suite.definitions[:number]:
            if other.pattern != definition.pattern:
                continue
            is_same_function = other.function.node is definition.function.node
            if is_same_function and not (other.fits(definition.keyword) or definition.fits(other.keyword)):
                continue
            place = f"{other.path.name}:{other.line}"
            why = "one sentence has one meaning, whatever its keyword"
            yield Finding(definition.path, definition.line, f"{definition.pattern!r} is defined in {place} already", why)
