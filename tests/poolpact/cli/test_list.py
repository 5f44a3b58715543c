"""``poolpact list``: what it lists, for whom, and what it does not know."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from poolpact.catalogue import Selection, UnknownProfile, profiles_in, scenarios_in
from poolpact.cli.main import run
from poolpact.requirements import PROFILES, Requirement, load_requirements
from poolpact.targets.base import CannotJudge
from tests.poolpact.cli.terminal import on_terminal

POOLPACT = Path(sys.executable).parent / "poolpact"
FEATURE = """
Feature: F

  @PM-READY-1
  Rule: R

    @engine.process
    Scenario Outline: An engine that <does>
      Then it is ready

      Examples:
        | does  |
        | waits |
        | sings |

  @OR-GATE-3
  Rule: S

    Scenario: A lease
      Then it is ready
"""


@pytest.fixture
def features(tmp_path: Path) -> Path:
    folder = tmp_path / "features" / "daemon"
    folder.mkdir(parents=True)
    (folder / "own.feature").write_text(FEATURE, encoding="utf-8")
    return folder.parent


@pytest.fixture
def requirements() -> dict[str, Requirement]:
    return load_requirements()


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert run(["list", *arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.keys() == {"suite_version", arguments[0]}
    found: list[dict[str, Any]] = document[arguments[0]]
    return found


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert run(["list", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


# --- what there is ------------------------------------------------------------------------------------------------


def test_a_scenario_has_an_id_a_place_and_what_restricts_it(features: Path, requirements: dict[str, Requirement]) -> None:
    first, second, lease = scenarios_in(requirements, Selection(), features)
    assert (first.id, first.requirement.id) == ("PM-READY-1:an-engine-that-waits", "PM-READY-1")
    assert (first.place, first.tags) == ("features/daemon/own.feature:13", ("engine.process",))
    assert second.id == "PM-READY-1:an-engine-that-sings"
    assert (lease.requirement.side, lease.tags) == ("orchestrator", ())


def test_a_profile_of_one_name_is_another_on_the_other_side(features: Path, requirements: dict[str, Requirement]) -> None:
    daemon, orchestrator = profiles_in(requirements, Selection(profile="leases"), features)
    assert (daemon.side, daemon.scenarios, orchestrator.side, orchestrator.scenarios) == ("daemon", 0, "orchestrator", 1)
    assert daemon.must == 6


def test_one_side_has_its_own_profiles(features: Path, requirements: dict[str, Requirement]) -> None:
    found = profiles_in(requirements, Selection(side="orchestrator"), features)
    assert tuple(each.name for each in found) == PROFILES["orchestrator"]
    assert [each.id for each in scenarios_in(requirements, Selection(side="orchestrator"), features)] == ["OR-GATE-3:a-lease"]


def test_a_profile_of_the_other_side_is_unknown() -> None:
    with pytest.raises(UnknownProfile, match=r"no profile 'dispatch'; there are daemon: core, auth, .*observability$"):
        Selection("daemon", "dispatch")


def test_a_scenario_without_a_requirement_is_no_scenario(features: Path, requirements: dict[str, Requirement]) -> None:
    (features / "daemon" / "own.feature").write_text(FEATURE.replace("@OR-GATE-3", "@mode.live"), encoding="utf-8")
    with pytest.raises(CannotJudge, match=r"own\.feature"):
        scenarios_in(requirements, Selection(), features)


# --- for programs -------------------------------------------------------------------------------------------------


def test_programs_get_every_requirement(capsys: pytest.CaptureFixture[str], requirements: dict[str, Requirement]) -> None:
    found = listed(capsys, "requirements")
    assert [each["id"] for each in found] == list(requirements)
    members = {"id", "level", "side", "profile", "needs", "modes", "scenarios", "sentence", "why"}
    assert all(each.keys() == members for each in found)
    assert all((each["scenarios"] == 0) == (each["needs"] == "source") for each in found)


def test_programs_get_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(capsys, "scenarios")
    many = {each["id"]: each["scenarios"] for each in listed(capsys, "requirements")}
    for name, count in many.items():
        assert sum(each["requirement"] == name for each in found) == count, name
    assert all(each.keys() == {"id", "requirement", "side", "profile", "place", "name", "tags"} for each in found)


def test_programs_get_every_profile(capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(capsys, "profiles")
    assert [(each["side"], each["name"]) for each in found] == [(side, name) for side in PROFILES for name in PROFILES[side]]
    assert all(each.keys() == {"name", "side", "must", "should", "scenarios"} for each in found)


def test_what_is_listed_can_be_narrowed(capsys: pytest.CaptureFixture[str]) -> None:
    for what in ("requirements", "scenarios"):
        found = listed(capsys, what, "--side", "orchestrator", "--profile", "leases")
        assert found
        assert {(each["side"], each["profile"]) for each in found} == {("orchestrator", "leases")}


# --- for people ---------------------------------------------------------------------------------------------------


def test_without_a_word_it_is_the_requirements(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys) == lines(capsys, "requirements")


@pytest.mark.parametrize("what", ["requirements", "scenarios", "profiles"])
def test_a_pipe_gets_one_line_each(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = lines(capsys, what)
    assert len(shown) == 1 + len(listed(capsys, what))
    assert not any("\x1b" in line or line != line.rstrip() for line in shown)


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    head, *rows = lines(capsys, "requirements", "--profile", "core")
    assert all(row[head.index("profile") :].startswith("core ") for row in rows)
    assert all(row[head.index("sentence") - 1] == " " != row[head.index("sentence")] for row in rows)


def test_a_profile_without_requirements_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    shown = {line.split()[0]: line for line in lines(capsys, "profiles", "--side", "daemon")}
    without = [each["name"] for each in listed(capsys, "profiles", "--side", "daemon") if not each["must"] + each["should"]]
    assert {name for name, line in shown.items() if line.endswith("no requirement yet")} == set(without)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_terminal_is_wide_enough_for_what_it_gets(width: int, tmp_path: Path) -> None:
    shown = wide(width, tmp_path, "requirements", "--profile", "auth")
    assert "\x1b[1m" in shown[0]
    assert max(map(len, shown[1:])) <= width
    words = " ".join(" ".join(shown).split())
    assert "Tokens are compared in constant time and never logged." in words


def wide(width: int, folder: Path, *arguments: str) -> list[str]:
    """What a terminal of this width shows of it, started in a folder where nothing is."""
    code, output = on_terminal([POOLPACT, "list", *arguments], folder, width=width)
    assert code == 0
    return output.splitlines()


# --- what it does not know ----------------------------------------------------------------------------------------

CANNOT = {
    "what": (["mutants"], "'mutants'"),
    "a side": (["--side", "engine"], "'engine'"),
    "a profile": (["--profile", "nope"], "core, auth, handoff"),
    "a profile of the other side": (
        ["profiles", "--side", "orchestrator", "--profile", "auth"],
        "health, dispatch, leases, modes",
    ),
    "an option": (["--none"], "--none"),
    "two things": (["profiles", "scenarios"], "scenarios"),
}


@pytest.mark.parametrize("case", CANNOT)
def test_what_it_does_not_know_is_2_and_one_line(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, culprit = CANNOT[case]
    assert run(["list", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("poolpact: ")
    assert output.err.count("\n") == 1
    assert culprit in output.err
