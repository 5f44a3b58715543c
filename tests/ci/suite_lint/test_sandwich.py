"""A denial needs evidence before and after it."""

from pathlib import Path

import pytest

from ci.suite_lint import sandwich
from tests.ci.suite_lint.small_suite import suite

STEPS = """
@given("a ready pool")
@when("it serves")
@then("it serves")
@right
def step_serves(context: Any) -> None:
    pass

@given("a pool")
@when("it is asked")
def step_asked(context: Any) -> None:
    pass

@then("it is refused")
@wrong
def step_refused(context: Any) -> None:
    pass

@then("nothing reached it")
@absent
def step_nothing(context: Any) -> None:
    pass

@then("it is live and not ready")
@right
@wrong
def step_live(context: Any) -> None:
    pass

@then("there is no contradiction")
@neither
def step_consistent(context: Any) -> None:
    pass

@then("it is told")
def step_told(context: Any) -> None:
    pass
"""
WHOLE = {
    "a sandwich": "Given a ready pool\nWhen it is asked\nThen it is refused\nAnd it serves",
    "a sandwich by events": "Given a pool\nWhen it serves\nThen it is refused\nWhen it serves\nThen it is told",
    "two in one": "Given a ready pool\nThen it is refused\nAnd it is refused\nAnd it serves",
    "what is absent after it was right": "Given a ready pool\nWhen it is asked\nThen nothing reached it",
    "its own evidence before": "Given a pool\nThen it is live and not ready\nAnd it serves",
    "no denial": "Given a pool\nThen there is no contradiction\nAnd it is told",
}
BROKEN = {
    "nothing before": ("Given a pool\nThen it is refused\nAnd it serves", ["before 'it is refused'"]),
    "nothing after": ("Given a ready pool\nThen it serves\nAnd it is refused", ["after 'it is refused'"]),
    "nothing at all": ("Given a pool\nThen it is refused", ["after 'it is refused'", "before 'it is refused'"]),
    "nothing after the last": (
        "Given a ready pool\nThen it is refused\nAnd it serves\nAnd it is refused",
        ["after 'it is refused'"],
    ),
    "nothing before an absence": ("Given a pool\nThen nothing reached it\nAnd it serves", ["before 'nothing reached it'"]),
    "its own evidence is not after": ("Given a pool\nThen it is live and not ready", ["after 'it is live and not ready'"]),
}


def lint(folder: Path, scenario: str, steps: str = STEPS) -> list[str]:
    feature = "Rule: R\n  Scenario: S\n" + "".join(f"    {line}\n" for line in scenario.splitlines())
    return sorted(each.what for each in sandwich.check(suite(folder, steps=steps, feature=feature)))


@pytest.mark.parametrize("case", WHOLE)
def test_evidence_on_both_sides_is_fine(case: str, tmp_path: Path) -> None:
    assert lint(tmp_path, WHOLE[case]) == []


@pytest.mark.parametrize("case", BROKEN)
def test_a_side_without_evidence_is_found(case: str, tmp_path: Path) -> None:
    scenario, sides = BROKEN[case]
    found = lint(tmp_path, scenario)
    assert [each.partition("right ")[2] for each in found] == sides


@pytest.mark.parametrize("mark", ["wrong", "absent", "neither"])
def test_a_denial_has_to_be_marked(mark: str, tmp_path: Path) -> None:
    scenario = "Given a ready pool\nThen it is refused\nAnd nothing reached it\nAnd there is no contradiction\nAnd it serves"
    found = lint(tmp_path, scenario, STEPS.replace(f"@{mark}\n", ""))
    assert any("denies something, and is marked neither" in each for each in found)


def test_a_background_is_evidence(tmp_path: Path) -> None:
    feature = """
    Rule: R
      Background:
        Given a ready pool

      Scenario Outline: <what>
        Then it is <what>
        And it serves

        Examples:
          | what    |
          | refused |
    """
    assert list(sandwich.check(suite(tmp_path, steps=STEPS, feature=feature))) == []
