"""Steps that nothing defines, or too much does."""

from pathlib import Path

from ci.suite_lint import definitions
from tests.ci.suite_lint.small_suite import suite

FEATURE = """
Rule: R
  Scenario: S
    Given pool "a" is there
    Then pool "a" is ready
"""
FINE = """
@given("pool {name:Name} is there")
def step_there(context: Any, name: str) -> None:
    pass

@then("pool {name:Name} is ready")
def step_ready(context: Any, name: str) -> None:
    pass
"""


def lint(folder: Path, steps: str, feature: str = FEATURE) -> list[str]:
    return [each.what for each in definitions.check(suite(folder, steps=steps, feature=feature))]


def test_one_definition_each_is_fine(tmp_path: Path) -> None:
    assert lint(tmp_path, FINE) == []


def test_a_step_that_nothing_defines(tmp_path: Path) -> None:
    (found,) = lint(tmp_path, FINE, FEATURE + "    And pool b is ready\n")
    assert found == "then 'pool b is ready' has no definition"


def test_a_step_is_not_defined_by_another_keyword(tmp_path: Path) -> None:
    (found,) = lint(tmp_path, FINE, FEATURE + '    When pool "a" is there\n')
    assert found == "when 'pool \"a\" is there' has no definition"


def test_a_definition_that_no_feature_uses(tmp_path: Path) -> None:
    (found,) = lint(tmp_path, FINE.replace("@given", '@when("never")\n@given'))
    assert found == "no feature says 'never'"


def test_a_step_that_two_definitions_match(tmp_path: Path) -> None:
    other = '@then("pool {rest}")\ndef step_rest(context: Any, rest: str) -> None:\n    pass\n'
    found = lint(tmp_path, f"{FINE}\n{other}", FEATURE + "    And pool x\n")
    assert len(found) == 1
    assert "then 'pool \"a\" is ready' has several definitions: own.py:" in found[0]


def test_a_step_of_any_kind_counts(tmp_path: Path) -> None:
    other = '@step("pool {name:Name} is {condition}")\ndef step_is(context: Any, name: str, condition: str) -> None:\n    pass\n'
    found = lint(tmp_path, f"{FINE}\n{other}", FEATURE + '    When pool "a" is gone\n')
    assert sorted(each.partition(" has several")[0] for each in found) == [
        "given 'pool \"a\" is there'",
        "then 'pool \"a\" is ready'",
    ]


def test_one_sentence_with_two_meanings(tmp_path: Path) -> None:
    other = '@when("pool {name:Name} is there")\ndef step_when(context: Any, name: str) -> None:\n    pass\n'
    (found,) = lint(tmp_path, f"{FINE}\n{other}", FEATURE + '    When pool "a" is there\n')
    assert "'pool {name:Name} is there' is defined in own.py:" in found


def test_one_function_for_two_keywords_is_fine(tmp_path: Path) -> None:
    steps = FINE.replace("@given", '@when("pool {name:Name} is there")\n@given')
    assert lint(tmp_path, steps, FEATURE + '    When pool "a" is there\n') == []


def test_a_sentence_that_is_written_twice(tmp_path: Path) -> None:
    steps = FINE.replace("@given", '@step("pool {name:Name} is there")\n@given')
    assert any("is defined in own.py:" in each for each in lint(tmp_path, steps))
