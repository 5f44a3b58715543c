from typing import Any

import pytest
from behave.model_type import Status
from behave.parser import parse_feature

from poolpact.requirements import load_requirements
from poolpact.scenarios import INTERRUPTED, entry_of, place_of, requirement_of, words_of
from poolpact.targets.base import CannotJudge

REQUIREMENTS = load_requirements()
FEATURE = """
Feature: F

  @PM-READY-1
  Rule: R

    Scenario: S
      Given a
      When b
      Then c
"""


def scenario(*statuses: Status, tags: str = "@PM-READY-1") -> Any:
    [made] = parse_feature(FEATURE.replace("@PM-READY-1", tags), filename="f.feature").walk_scenarios()
    for step, status in zip(made.all_steps, statuses, strict=False):
        step.status = status
    return made


def test_the_tag_of_the_rule_names_the_requirement() -> None:
    assert requirement_of(scenario(), REQUIREMENTS).id == "PM-READY-1"


@pytest.mark.parametrize("tags", ["@nothing", "@PM-READY-1 @PM-READY-2"])
def test_a_scenario_judges_one_requirement(tags: str) -> None:
    with pytest.raises(CannotJudge, match=r"f\.feature:7"):
        requirement_of(scenario(tags=tags), REQUIREMENTS)


P, F, E, U, S, N = Status.passed, Status.failed, Status.error, Status.undefined, Status.skipped, Status.untested


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((P, P, P), "passed"),
        ((P, P, F), "failed"),
        ((P, P, E), "harness error"),
        ((P, E, S), "harness error"),
        ((P, F, S), "blocked"),
        ((U, S, S), "harness error"),
        ((P, P, N), "blocked"),
        ((N, N, N), "blocked"),
        ((P, S, S), "blocked"),
    ],
)
def test_only_a_then_accuses_and_only_what_ran_to_its_end_passes(statuses: tuple[Status, ...], outcome: str) -> None:
    made = scenario(*statuses)
    entry = entry_of(REQUIREMENTS["PM-READY-1"], made)
    assert (entry.outcome, entry.scenario) == (outcome, place_of(made))


def test_a_scenario_that_was_interrupted_is_blocked() -> None:
    made = scenario(N, N, N)
    made.hook_failed = True
    assert entry_of(REQUIREMENTS["PM-READY-1"], made).reason == INTERRUPTED


@pytest.mark.parametrize("number", range(3))
def test_a_step_that_was_interrupted_accuses_nobody(number: int) -> None:
    made = scenario(*[P] * number, E)
    list(made.all_steps)[number].exception = KeyboardInterrupt()
    entry = entry_of(REQUIREMENTS["PM-READY-1"], made)
    assert (entry.outcome, entry.reason) == ("blocked", INTERRUPTED)


@pytest.mark.parametrize("kind", [AssertionError, CannotJudge])
def test_all_is_told_that_an_expectation_says(kind: type[Exception]) -> None:
    """A body that a subject wrote in several lines is in it, and what was expected comes last."""
    made = scenario(P, P, F)
    step = list(made.all_steps)[2]
    step.exception, step.error_message = kind('GET /: 200 {\n  "a": 1\n}: expected 404'), "whatever behave makes of it"
    assert entry_of(REQUIREMENTS["PM-READY-1"], made).reason == 'Then c: GET /: 200 {\n  "a": 1\n}: expected 404'


def test_of_an_error_of_the_harness_the_last_line_is_told() -> None:
    made = scenario(P, P, E)
    step = list(made.all_steps)[2]
    step.exception, step.error_message = KeyError("x"), "Traceback (most recent call last):\n  File …\nKeyError: 'x'\n"
    assert entry_of(REQUIREMENTS["PM-READY-1"], made).reason == "Then c: KeyError: 'x'"


def test_an_example_has_the_words_of_its_outline() -> None:
    assert words_of("Flags with shell syntax -- @1.4 ") == "Flags with shell syntax"
    assert words_of("Asking creates nothing") == "Asking creates nothing"
