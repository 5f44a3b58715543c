"""The scenarios of the suite, read from its features without running them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behave.parser import parse_file

from poolpact.contract.files import FEATURES
from poolpact.requirements import Requirement
from poolpact.scenarios import id_of, place_of, requirement_of

_NEEDS = "needs."


@dataclass(frozen=True, slots=True)
class SuiteScenario:
    """One scenario: its stable id, its place and name, the requirement that it judges, its tags and those of its Rule."""

    id: str
    place: str
    requirement: Requirement
    tags: frozenset[str]

    @property
    def needs(self) -> frozenset[str]:
        """What it takes beyond a running subject."""
        return frozenset(tag.removeprefix(_NEEDS) for tag in self.tags if tag.startswith(_NEEDS))


def features_of(side: str) -> Path:
    """The folder of the features that judge a ``daemon`` or an ``orchestrator``."""
    return FEATURES / side


def read_suite(side: str, requirements: Mapping[str, Requirement]) -> Iterator[SuiteScenario]:
    """The scenarios that judge a ``daemon`` or an ``orchestrator``."""
    for path in sorted(features_of(side).glob("*.feature")):
        for scenario in parse_file(str(path)).walk_scenarios():
            yield _scenario(scenario, requirements)


def _scenario(scenario: Any, requirements: Mapping[str, Requirement]) -> SuiteScenario:
    requirement = requirement_of(scenario, requirements)
    tags = frozenset(map(str, scenario.effective_tags))
    return SuiteScenario(id_of(requirement, scenario), place_of(scenario), requirement, tags)
