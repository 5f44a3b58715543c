"""The mutants: there is one for everything that is judged, and what the judge says of them is read right."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from poolpact.requirements import load_requirements
from tests.mutants.forks import Ended
from tests.mutants.judging import ROOT, Judgement, Outcome, outcome_of, side_of
from tests.mutants.matrix import MUTANTS
from tests.mutants.mutant import Mutant, by_name
from tests.mutants.patching import patch, rework
from tests.mutants.table import page

REQUIREMENTS = load_requirements()


def nothing() -> None:
    return


MUTANT = Mutant("PM-READY-3: says nothing", nothing, also=frozenset({"PM-STOP-1"}), why="it is silent there, too")


def outcome(broken: str = "", **verdicts: str) -> Outcome:
    return Outcome({name.replace("_", "-"): verdict for name, verdict in verdicts.items()}, 1.0, broken)


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_each_requirement_is_broken_by_a_mutant(requirement: str) -> None:
    assert any(mutant.breaks == requirement for mutant in MUTANTS.values())


@pytest.mark.parametrize(("side", "least"), [("daemon", 60), ("orchestrator", 30)])
def test_there_are_many(side: str, least: int) -> None:
    assert sum(side_of(mutant) == side for mutant in MUTANTS.values()) >= least


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.name)
def test_what_a_mutant_names_is_there(mutant: Mutant) -> None:
    assert {mutant.breaks, *mutant.also} <= set(REQUIREMENTS)
    assert mutant.breaks not in mutant.also
    assert (mutant.how == "source") == (REQUIREMENTS[mutant.breaks].needs == "source")


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (outcome(PM_READY_3="failed"), ""),
        (outcome(PM_READY_3="failed", PM_STOP_1="failed", PM_STATUS_1="passed", PM_LEASE_1="not_exercised"), ""),
        (outcome(PM_READY_3="failed", PM_STATUS_1="failed", PM_LEASE_1="failed"), "accuses PM-LEASE-1, PM-STATUS-1"),
        (outcome(PM_READY_3="passed"), "not caught: PM-READY-3 is passed"),
        (outcome(PM_READY_3="not_exercised", PM_STATUS_1="failed"), "not caught: PM-READY-3 is not_exercised"),
        (outcome(PM_STATUS_1="passed"), "not caught: PM-READY-3 is not in the report"),
        (outcome("exit code 2", PM_READY_3="failed"), "the judge is broken: exit code 2"),
    ],
)
def test_what_is_red(found: Outcome, complaint: str) -> None:
    assert Judgement(MUTANT, found).complaint == complaint


def ended(folder: Path, code: int, **verdicts: str) -> Ended:
    report = folder / "report"
    report.mkdir()
    requirements = [{"id": name.replace("_", "-"), "verdict": verdict} for name, verdict in verdicts.items()]
    (report / "conformance.json").write_text(json.dumps({"requirements": requirements}))
    return Ended("a mutant", code, "last words", 1.0, folder)


def test_a_report_is_read(tmp_path: Path) -> None:
    assert outcome_of(ended(tmp_path, 1, PM_READY_3="failed")) == outcome(PM_READY_3="failed")


@pytest.mark.parametrize(
    ("code", "verdict", "why"),
    [
        (2, "failed", "exit code 2, errors of the harness in none: last words"),
        (-9, "passed", "exit code -9, errors of the harness in none: last words"),
        (1, "harness_error", "exit code 1, errors of the harness in PM-READY-3: last words"),
    ],
)
def test_a_judge_that_breaks_is_found_out(tmp_path: Path, code: int, verdict: str, why: str) -> None:
    assert outcome_of(ended(tmp_path, code, PM_READY_3=verdict)).broken == why


def test_a_judge_without_a_report_is_broken(tmp_path: Path) -> None:
    assert outcome_of(Ended("a mutant", 1, "last words", 1.0, tmp_path)).broken == "exit code 1 and no report: last words"


def test_what_a_mutant_patches_must_be_there() -> None:
    owner: Any = SimpleNamespace(there=1)
    rework(owner, "there", lambda value: value + 1)
    assert owner.there == 2
    with pytest.raises(AttributeError):
        patch(owner, "gone", 1)
    with pytest.raises(KeyError):
        patch({}, "gone", 1)


def test_a_mutant_says_what_it_breaks_and_why_it_breaks_more() -> None:
    with pytest.raises(ValueError, match="is not 'REQUIREMENT: what is wrong'"):
        Mutant("PM-READY-3", nothing)
    with pytest.raises(ValueError, match="go together"):
        replace(MUTANT, why="")
    with pytest.raises(ValueError, match="two mutants are called"):
        by_name([MUTANT], [MUTANT])


def test_the_page_has_them_in_the_order_of_the_contract() -> None:
    caught = Judgement(MUTANT, outcome(PM_READY_3="failed", PM_STOP_1="failed"))
    missed = Judgement(Mutant("PM-STATUS-1: says all", nothing), outcome(PM_STATUS_1="passed", PM_READY_3="failed"))
    broken = Judgement(Mutant("PM-AUTH-3: talks", nothing, how="source"), outcome("exit code 4"))
    references = {"daemon": outcome(PM_STATUS_1="passed", PM_READY_3="passed", PM_AUTH_3="not_testable")}
    shown = page([caught, missed, broken], references, ["PM-STATUS-1", "PM-READY-3", "PM-AUTH-3"])  # type: ignore[arg-type]
    rows = [line for line in shown.splitlines() if line.startswith("| PM-")]
    assert rows == [
        "| PM-STATUS-1 | says all | **no** | **PM-READY-3, undeclared** |",
        "| PM-READY-3 | says nothing | yes | PM-STOP-1: it is silent there, too |",
        "| PM-AUTH-3 | talks (judged by the reference's unit tests) | **the judge is broken** |  |",
    ]
    assert "| daemons | 3 | 3 | 1 | 1 |" in shown
    assert "The reference's daemon passes 2 of 2 requirements judged." in shown


def matrix(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.mutants.matrix", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_a_mutant_is_judged_by_name() -> None:
    done = matrix("--own", "PM-AUTH-3: compares letter by letter")
    assert (done.returncode, done.stderr) == (0, "")
    assert "PM-AUTH-3: compares letter by letter: caught" in done.stdout
    assert "mutants: 1 of 1 caught, 0 red" in done.stdout


def test_a_name_that_nobody_has_is_refused() -> None:
    done = matrix("--own", "PM-AUTH-3: unheard of")
    assert done.returncode == 2
    assert "there is no mutant 'PM-AUTH-3: unheard of'" in done.stderr
