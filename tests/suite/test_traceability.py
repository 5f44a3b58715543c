"""Every requirement is judged, and nothing is judged that is no requirement."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from behave.parser import parse_file

from poolpact.options import EngineKind, Options
from poolpact.requirements import Requirement, load_requirements
from poolpact.selection import Circumstances, hindrance
from poolpact.targets.base import Mode

ROOT = Path(__file__).parents[2]
REQUIREMENTS = load_requirements()
FEATURES = [parse_file(str(path)) for path in sorted((ROOT / "features").rglob("*.feature"))]
RUNS: dict[str, tuple[Mode, EngineKind]] = {
    "embedded": ("embedded", "simulated"),
    "embedded-process": ("embedded", "process"),
    "mock": ("mock", "simulated"),
    "live": ("live", "process"),
}
OTHER_TAGS = re.compile(
    r"engine\.(process|llamacpp)|manager\.own|mode\.(embedded|mock|live)|needs\.(settings|command|port_9200|token|startup_timeout|lease_ttl|allowed_hosts|deadline)|with\.(auth|leases|lifecycle|dispatch)"
)


RULES = [rule for feature in FEATURES for rule in feature.rules]


def scenarios_of(requirement_id: str) -> Iterator[Any]:
    for feature in FEATURES:
        for scenario in feature.walk_scenarios():
            if requirement_id in scenario.effective_tags:
                yield scenario


def place(item: Any) -> str:
    return str(item.location)


def test_every_scenario_is_in_a_rule() -> None:
    for feature in FEATURES:
        assert feature.rules, place(feature)
        assert not feature.scenarios, place(feature)


@pytest.mark.parametrize("rule", RULES, ids=place)
def test_a_rule_carries_the_id_of_exactly_one_requirement(rule: Any) -> None:
    assert len([tag for tag in rule.tags if tag in REQUIREMENTS]) == 1


@pytest.mark.parametrize("feature", FEATURES, ids=place)
def test_every_tag_means_something(feature: Any) -> None:
    for item in [feature, *feature.rules, *feature.walk_scenarios(with_outlines=True)]:
        for tag in item.tags:
            assert tag in REQUIREMENTS or OTHER_TAGS.fullmatch(tag), f"{place(item)}: @{tag}"


@pytest.mark.parametrize("side", ["daemon", "orchestrator"])
def test_a_feature_judges_the_side_whose_folder_it_is_in(side: str) -> None:
    for path in (ROOT / "features" / side).glob("*.feature"):
        for rule in parse_file(str(path)).rules:
            ids = [tag for tag in rule.tags if tag in REQUIREMENTS]
            assert [REQUIREMENTS[name].side for name in ids] == [side], place(rule)


@pytest.mark.parametrize("requirement", [each for each in REQUIREMENTS.values() if each.needs != "source"], ids=lambda r: r.id)
def test_a_requirement_has_a_scenario_in_every_mode_it_names(requirement: Requirement) -> None:
    scenarios = list(scenarios_of(requirement.id))
    for name in requirement.modes:
        mode, engine = RUNS[name]
        circumstances = Circumstances.of(Options(mode=mode, engine=engine))
        reasons = [hindrance(requirement, each.effective_tags, circumstances) for each in scenarios]
        assert None in reasons, f"{requirement.id} in {name}: {reasons}"


@pytest.mark.parametrize("requirement", [each for each in REQUIREMENTS.values() if each.needs == "source"], ids=lambda r: r.id)
def test_a_requirement_of_the_source_has_a_unit_test(requirement: Requirement) -> None:
    mark = f'pytest.mark.requirement("{requirement.id}")'
    assert any(mark in path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


HEALTH = [each for each in REQUIREMENTS.values() if each.profile == "health"]
TAKES_TASKS = re.compile(r"\b(works?|tasks?|streams?|tokens reach|its tokens|leases?)\b")


@pytest.mark.parametrize("requirement", HEALTH, ids=lambda r: r.id)
def test_an_orchestrator_with_another_task_api_is_judged_on_its_health(requirement: Requirement) -> None:
    tags = [{tag for tag in scenario.effective_tags if tag.startswith("with.")} for scenario in scenarios_of(requirement.id)]
    assert set() in tags


@pytest.mark.parametrize("requirement", HEALTH, ids=lambda r: r.id)
def test_a_scenario_of_health_that_gives_work_says_so(requirement: Requirement) -> None:
    for scenario in scenarios_of(requirement.id):
        if "with.dispatch" not in scenario.effective_tags:
            assert not [step.name for step in scenario.all_steps if TAKES_TASKS.search(step.name)], place(scenario)


def test_every_scenario_has_an_outcome_to_judge() -> None:
    for feature in FEATURES:
        for scenario in feature.walk_scenarios():
            assert any(step.step_type == "then" for step in scenario.all_steps), place(scenario)


def test_no_two_scenarios_of_a_rule_have_the_same_name() -> None:
    for rule in RULES:
        names = [scenario.name for scenario in rule.walk_scenarios()]
        assert len(names) == len(set(names)), place(rule)


def test_orchestrator_features_speak_no_http() -> None:
    verbs = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD)\b")
    for path in (ROOT / "features" / "orchestrator").glob("*.feature"):
        assert not verbs.search(path.read_text(encoding="utf-8")), path.name
