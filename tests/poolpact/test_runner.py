import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FEATURE = """
Feature: The runner itself

  @PM-READY-1
  Rule: One

    Scenario: right
      Given it works
      Then it works

  @PM-READY-2
  Rule: Two

    Scenario: wrong in the end
      Given it works
      Then it fails

  @PM-READY-3
  Rule: Three

    Scenario: wrong in the beginning
      Given it fails
      Then it works

    Scenario: wrong while it is done
      When it fails
      Then it works

    Scenario: nobody knows how
      Given something that no step does
      Then it works

    Scenario: broken
      Given it breaks
      Then it works

  @PM-READY-4
  Rule: Four

    Scenario: cannot be cleaned up
      Given it leaves a mess
      Then it works

  @PM-READY-5
  Rule: Five

    Scenario: needs processes
      Then it fails
"""
STEPS = """
from behave import step

@step("it works")
async def works(context):
    assert context.world.target.mode == "embedded"

@step("it fails")
async def fails(context):
    raise AssertionError("it is not so")

@step("it breaks")
def breaks(context):
    raise RuntimeError("the step is broken")

@step("it leaves a mess")
def leaves_a_mess(context):
    async def clean():
        raise AssertionError("the mess stays")
    context.world.defer(clean)
"""


def behave(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "behave", *arguments], cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "features").mkdir()
    (folder / "features" / "runner.feature").write_text(FEATURE)
    (folder / "steps").mkdir()
    (folder / "steps" / "steps.py").write_text(STEPS)
    (folder / "behave.ini").write_text("[behave]\npaths = features\nrunner = poolpact.runner:SuiteRunner\n")
    return folder


@pytest.fixture(scope="module", params=["1", "3"], ids=["one by one", "side by side"])
def ran(suite: Path, request: pytest.FixtureRequest) -> "subprocess.CompletedProcess[str]":
    return behave(suite, "-D", f"jobs={request.param}")


@pytest.mark.parametrize(
    "told",
    [
        "FAILED PM-READY-2",
        "Then it fails: it is not so",
        "BLOCKED PM-READY-3",
        "Given it fails: it is not so",
        "When it fails: it is not so",
        "Given something that no step does: there is no such step",
        "Given it breaks: RuntimeError: the step is broken",
        "HARNESS ERROR PM-READY-3",
        "BLOCKED PM-READY-4",
        "the clean-up: the mess stays",
        "not exercised, 1: needs real engine processes",
    ],
)
def test_what_became_of_each_requirement_is_told(ran: "subprocess.CompletedProcess[str]", told: str) -> None:
    assert told in ran.stdout


def test_it_ends_with_one_line_of_counts_and_fails(ran: "subprocess.CompletedProcess[str]") -> None:
    last = ran.stdout.splitlines()[-1]
    assert "1 passed, 1 failed, 3 blocked, 2 harness error, 1 not exercised; 1 of 5 requirements hold" in last
    assert ran.returncode == 1


def test_green_is_exit_code_0(suite: Path) -> None:
    assert behave(suite, "-n", "right").returncode == 0


def test_nothing_exercised_is_not_green(suite: Path) -> None:
    ran = behave(suite, "-n", "needs processes")
    assert ran.returncode == 1
    assert "0 passed, 0 failed, 0 blocked, 1 not exercised" in ran.stdout


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_dry_run_starts_nothing(suite: Path, jobs: str) -> None:
    url = "url=http://127.0.0.1:1"
    ran = behave(suite, "--dry-run", "-D", "mode=live", "-D", url, "-D", f"jobs={jobs}", "-n", "right")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("-D", "mode=remote"), "mode"),
        (("-D", "mode=live", "-D", "url=nonsense"), "url"),
        (("-D", "startup_timeout=1s"), "startup_timeout"),
        (("-D", "mode=live", "-D", "url=http://127.0.0.1:1"), "http://127.0.0.1:1"),
        (("-D", "jobs=0"), "jobs"),
        (("-D", "jobs=3", "-D", "mode=live", "-D", "url=http://127.0.0.1:1"), "http://127.0.0.1:1"),
        (("-D", "jobs=3", "-D", "mode=mock", "-D", "orchestrator_url=http://127.0.0.1:1"), "jobs=3"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(suite: Path, arguments: tuple[str, ...], named: str) -> None:
    ran = behave(suite, *arguments)
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1
    assert named in ran.stderr
    assert "Feature" not in ran.stdout
