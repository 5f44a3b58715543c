"""What was found of a mutant is found again until something changes that it depends on."""

from pathlib import Path

import pytest

from tests.mutants import kept
from tests.mutants.judging import Outcome
from tests.mutants.kept import KeptOutcomes, defects_of
from tests.mutants.matrix import MUTANTS

MUTANT = MUTANTS["PM-HEALTH-1: tells no version"]
OTHER = MUTANTS["PM-HEALTH-1: needs the token for its health"]
FOUND = Outcome({"PM-HEALTH-1": "failed", "PM-STATUS-1": "passed"}, 12.5)
MODULE = """
MUTANTS = (
    Mutant("PM-READY-3: says nothing", nothing, also=frozenset({"PM-STOP-1"}), why="it is silent"),
    Mutant("PM-READY-3: says little", says(1)),
)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What outcomes depend on: one file."""
    (tmp_path / "poolpact").mkdir()
    (tmp_path / "poolpact" / "judge.py").write_text("strict = True")
    monkeypatch.setattr(kept, "ROOT", tmp_path)
    return tmp_path


def test_what_was_found_is_found_again(folder: Path) -> None:
    outcomes = KeptOutcomes(folder / "kept")
    assert outcomes.of(MUTANT) is None
    outcomes.keep(MUTANT, FOUND)
    assert outcomes.of(MUTANT) == FOUND
    again = KeptOutcomes(folder / "kept")
    assert (again.of(MUTANT), again.of(OTHER)) == (FOUND, None)


def test_another_judge_may_find_something_else(folder: Path) -> None:
    KeptOutcomes(folder / "kept").keep(MUTANT, FOUND)
    (folder / "poolpact" / "judge.py").write_text("strict = False")
    assert KeptOutcomes(folder / "kept").of(MUTANT) is None
    (folder / "poolpact" / "judge.py").write_text("strict = True")
    assert KeptOutcomes(folder / "kept").of(MUTANT) == FOUND


def test_a_judge_that_breaks_has_found_nothing(folder: Path) -> None:
    KeptOutcomes(folder / "kept").keep(MUTANT, Outcome({}, 1.0, "exit code 2"))
    assert not (folder / "kept").exists()


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ('"PM-STOP-1"', '"PM-STOP-1", "PM-READY-1"', True),
        ("it is silent", "it is mute", True),
        (', also=frozenset({"PM-STOP-1"}), why="it is silent"', "", True),
        ("says(1)", "says(2)", False),
        ("nothing,", "little,", False),
        ("says little", "says less", False),
    ],
)
def test_only_what_is_expected_may_change(before: str, after: str, same: bool) -> None:
    assert before in MODULE
    assert (defects_of(MODULE.replace(before, after)) == defects_of(MODULE)) is same


def test_each_mutant_is_listed_in_one_module() -> None:
    for mutant in MUTANTS.values():
        assert f'"{mutant.name}"' in kept._module_of(mutant) or mutant.name.partition(": ")[0] in kept._module_of(mutant)
