"""A scenario that says that something is refused, or is not so, shows that the subject does right before and after.

Otherwise a subject that refuses everything, or is never there, would pass. Step definitions say what their sentences are
evidence of (:mod:`poolpact.evidence`); of a Then whose words deny something the lint wants to be told.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ci.suite_lint.finding import Finding
from ci.suite_lint.suite import MARKS, Scenario, Suite

_DENIALS = re.compile(
    r"\b(no|not|none|nobody|nothing|never|neither|nor|without|cannot|refused|refuses|unknown|lost|fails|gone|conflict|error|dead)\b"
)


def check(suite: Suite) -> Iterator[Finding]:
    """Scenarios that lack one half of the evidence, and Thens that deny something and are not marked."""
    for definition, keywords in suite.used.items():
        if "then" in keywords and _DENIALS.search(_words(definition.pattern)) and not definition.marks & set(MARKS):
            what = f"{definition.pattern!r} denies something, and is marked neither wrong, absent, right nor neither"
            yield Finding(definition.path, definition.line, what, "its scenarios are not known to show that it was reached")
    said: set[tuple[Path, int, str]] = set()
    for scenario in suite.scenarios:
        for finding in _of_scenario(scenario):
            outline = (finding.path, finding.line, finding.why)
            if outline not in said:
                said.add(outline)
                yield finding


def _words(pattern: str) -> str:
    return re.sub(r"\{[^}]*\}", "", pattern)


def _of_scenario(scenario: Scenario) -> Iterator[Finding]:
    shown = [number for number, step in enumerate(scenario.steps) if step.has("right")]
    thens = [(number, step) for number, step in enumerate(scenario.steps) if step.keyword == "then"]
    denying = [(number, step) for number, step in thens if step.has("wrong") or step.has("absent")]
    for number, step in denying[:1]:
        if not any(each <= number for each in shown):
            what = f"{scenario.title!r}: nothing shows that the subject does right before {step.text!r}"
            yield Finding(scenario.path, step.line, what, "a subject that is never right would pass it")
    for number, step in [each for each in denying if each[1].has("wrong")][-1:]:
        if not any(each > number for each in shown):
            what = f"{scenario.title!r}: nothing shows that the subject does right after {step.text!r}"
            yield Finding(scenario.path, step.line, what, "a subject that broke there for good would pass it")
