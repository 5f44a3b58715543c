"""Every scenario has a Then whose step judges its requirement, as ``@judges`` declares beside the step."""

from collections.abc import Collection, Iterator

from ci.suite_lint.finding import Finding
from ci.suite_lint.suite import Definition, Scenario, Suite


def check(suite: Suite, requirements: Collection[str]) -> Iterator[Finding]:
    """Scenarios that no Then of theirs judges, and declarations of unknown requirements or of ones that they never judge."""
    judged: dict[Definition, set[str]] = {}
    said: set[tuple[str, str]] = set()
    for scenario in suite.scenarios:
        own = scenario.tags & set(requirements)
        thens = _thens(scenario)
        for definition in thens:
            judged.setdefault(definition, set()).update(own)
        for requirement in sorted(own):
            outline = (requirement, scenario.title)
            if outline not in said and not any(requirement in definition.judged for definition in thens):
                said.add(outline)
                what = f"{scenario.title!r} has no Then that judges {requirement}"
                yield Finding(scenario.path, scenario.line, what, "it would pass whether that requirement holds or not")
    yield from _declarations(suite, requirements, judged)


def _thens(scenario: Scenario) -> list[Definition]:
    return [each for step in scenario.steps if step.keyword == "then" for each in step.definitions[:1]]


def _declarations(suite: Suite, known: Collection[str], judged: dict[Definition, set[str]]) -> Iterator[Finding]:
    by_function: dict[str, list[Definition]] = {}
    for definition in suite.definitions:
        by_function.setdefault(f"{definition.path}:{definition.function.node.name}", []).append(definition)
    for definitions in by_function.values():
        first = definitions[0]
        of_scenarios = {name for each in definitions for name in judged.get(each, ())}
        for requirement in first.judged:
            if requirement not in known:
                why = "whatever judges it judges nothing"
                yield Finding(first.path, first.line, f"{first.pattern!r} judges {requirement}, which is no requirement", why)
            elif requirement not in of_scenarios:
                what = f"no scenario of {requirement} says {first.pattern!r}, which is declared to judge it"
                yield Finding(
                    first.path, first.line, what, "a declaration that holds nothing hides that the next scenario lacks one"
                )
