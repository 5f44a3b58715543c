"""No two scenarios have one id: reports and known failures name scenarios by it."""

from collections.abc import Iterator, Mapping

from ci.suite_lint.finding import Finding
from ci.suite_lint.suite import Suite
from poolpact.requirements import Requirement
from poolpact.scenarios import id_of


def check(suite: Suite, requirements: Mapping[str, Requirement]) -> Iterator[Finding]:
    """Scenarios whose id another one has."""
    seen: dict[str, str] = {}
    for scenario in suite.scenarios:
        for tag in sorted(scenario.tags & requirements.keys()):
            made = id_of(requirements[tag], scenario.behave)
            place = f"{scenario.path.name}:{scenario.line}"
            if made in seen:
                why = "a verdict or a known failure of the one would be taken for the other's"
                yield Finding(scenario.path, scenario.line, f"the id {made} is also that of {seen[made]}", why)
            seen.setdefault(made, place)
