"""A scenario is judged by what its requirement says."""

from pathlib import Path

from ci.suite_lint import identity, judging
from poolpact.requirements import load_requirements
from tests.ci.suite_lint.small_suite import suite

REQUIREMENTS = load_requirements()
STEPS = """
@given("a pool")
@judges("PM-READY-1")
def step_pool(context: Any) -> None:
    pass

@then("it is ready")
@judges("PM-READY-1")
def step_ready(context: Any) -> None:
    pass

@then("it has slots")
def step_slots(context: Any) -> None:
    pass
"""
FEATURE = """
@PM-READY-1
Rule: R
  Scenario: First
    Given a pool
    Then it is ready
"""


def lint(folder: Path, *, steps: str = STEPS.replace('@judges("PM-READY-1")\n', "", 1), feature: str = FEATURE) -> list[str]:
    return [each.what for each in judging.check(suite(folder, steps=steps, feature=feature), REQUIREMENTS)]


def test_a_then_of_the_requirement_is_enough(tmp_path: Path) -> None:
    assert lint(tmp_path, feature=FEATURE + "    And it has slots\n") == []


def test_a_scenario_that_no_then_judges(tmp_path: Path) -> None:
    assert lint(tmp_path, feature=FEATURE + "  Scenario: Second\n    Then it has slots\n") == [
        "'Second' has no Then that judges PM-READY-1"
    ]


def test_a_given_judges_nothing(tmp_path: Path) -> None:
    steps = STEPS.replace('@judges("PM-READY-1")\ndef step_ready', "def step_ready")
    assert lint(tmp_path, steps=steps) == [
        "'First' has no Then that judges PM-READY-1",
        "no scenario of PM-READY-1 says 'a pool', which is declared to judge it",
    ]


def test_a_requirement_that_is_never_judged_by_it(tmp_path: Path) -> None:
    steps = STEPS.replace('@judges("PM-READY-1")\n', "", 1).replace(
        '@judges("PM-READY-1")', '@judges("PM-READY-1", "PM-READY-2")'
    )
    assert lint(tmp_path, steps=steps) == ["no scenario of PM-READY-2 says 'it is ready', which is declared to judge it"]


def test_a_requirement_that_does_not_exist(tmp_path: Path) -> None:
    steps = STEPS.replace('@judges("PM-READY-1")\n', "", 1).replace(
        '@judges("PM-READY-1")', '@judges("PM-READY-1", "PM-READY-99")'
    )
    assert lint(tmp_path, steps=steps) == ["'it is ready' judges PM-READY-99, which is no requirement"]


def test_two_scenarios_with_one_id(tmp_path: Path) -> None:
    made = suite(tmp_path, steps=STEPS, feature=FEATURE + "  Scenario: first\n    Then it is ready\n")
    (found,) = identity.check(made, REQUIREMENTS)
    assert found.what == "the id PM-READY-1:first is also that of own.feature:5"
    assert found.line == 8


def test_ids_that_differ_are_fine(tmp_path: Path) -> None:
    made = suite(tmp_path, steps=STEPS, feature=FEATURE + "  Scenario: Second\n    Then it is ready\n")
    assert list(identity.check(made, REQUIREMENTS)) == []
