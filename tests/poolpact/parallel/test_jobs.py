"""Runs with workers: what becomes of scenarios when everything goes well, and when a worker does not."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest

FEATURE = """
Feature: {name}

  Background:
    Given "background" is noted

  @PM-READY-1
  Rule: One

    Scenario Outline: <word> is noted
      When "<word>" is noted
      Then it works

      Examples:
        | word |
        | a    |
        | b    |
        | c    |

  @PM-READY-2
  Rule: Two

    Scenario: wrong
      Then it fails

  @PM-READY-3
  Rule: Three

    Scenario: ending
      When the worker ends {how}
      Then it works

  @PM-READY-4
  Rule: Four

    Scenario: waiting
      When a program is started and waited for
      Then it works

    Scenario: after all
      Then it works
"""
STEPS = """
import asyncio, os, signal, subprocess, sys
from pathlib import Path
from behave import step

@step('"{word}" is noted')
def notes(context, word):
    print(f"noted {word}", flush=True)

@step("it works")
async def works(context):
    assert context.feature.name and context.rule.name
    with open("ran", "a") as ran:
        ran.write(f"{context.scenario.location}\\n")

@step("it fails")
async def fails(context):
    raise AssertionError("it is not so")

@step("the worker ends not")
def ends_not(context):
    pass

@step("the worker ends by SIGKILL")
def ends_by_signal(context):
    os.kill(os.getpid(), signal.SIGKILL)

@step("the worker ends with code 3")
def ends_with_code(context):
    os.write(2, b"out of everything\\n")
    os._exit(3)

@step("the worker ends when asked")
def ends_when_asked(context):
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()

@step("the worker ends untidily")
def ends_untidily(context):
    async def fail():
        raise RuntimeError("something is left")
    context.world.target.aclose = fail

@step("a program is started and waited for")
async def program(context):
    if "POOLPACT_TEST_WAITS" in os.environ:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        async def end():
            child.kill()
            child.wait()
        context.world.defer(end)
        Path(f"waits-{os.getpid()}").write_text(str(child.pid))
        while not Path("go").exists():
            await asyncio.sleep(0.02)
"""


def suite(folder: Path, *hows: str) -> Path:
    """A suite whose features end their worker as ``hows`` say."""
    (folder / "features").mkdir()
    for number, how in enumerate(hows):
        (folder / "features" / f"f{number}.feature").write_text(FEATURE.format(name=f"F{number}", how=how))
    (folder / "steps").mkdir()
    (folder / "steps" / "steps.py").write_text(STEPS)
    (folder / "behave.ini").write_text("[behave]\npaths = features\nrunner = poolpact.runner:SuiteRunner\n")
    return folder


def command(*arguments: str, jobs: int = 3) -> list[str]:
    return [sys.executable, "-m", "behave", "-D", f"jobs={jobs}", *arguments]


def behave(folder: Path, *arguments: str, jobs: int = 3) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(*arguments, jobs=jobs), cwd=folder, capture_output=True, text=True, timeout=120)


def runs(folder: Path) -> list[str]:
    """The scenarios that ran to their end."""
    ran = folder / "ran"
    return sorted(ran.read_text().splitlines()) if ran.exists() else []


def without_times(report: Any) -> Any:
    if isinstance(report, dict):
        return {name: without_times(member) for name, member in report.items() if name != "duration"}
    return [without_times(member) for member in report] if isinstance(report, list) else report


# --- when everything goes well ------------------------------------------------------------------------------------


def test_all_that_is_told_is_as_without_workers(tmp_path: Path) -> None:
    folder = suite(tmp_path, "not", "not", "not")
    told = []
    for jobs in (1, 3):
        report = tmp_path / f"{jobs}.json"
        ran = behave(folder, "-f", "json", "-o", str(report), "-f", "pretty", "--no-color", "--no-timings", jobs=jobs)
        *lines, _summary = ran.stdout.splitlines()
        told.append((without_times(json.loads(report.read_text())), [re.sub(r" in [\d.]+s", "", each) for each in lines]))
        assert "18 passed, 3 failed, 0 blocked, 0 not exercised" in ran.stdout
        assert ran.returncode == 1
    assert told[0] == told[1]


def test_every_scenario_runs_once(tmp_path: Path) -> None:
    folder = suite(tmp_path, "not", "not", "not", "not")
    behave(folder)
    assert len(runs(folder)) == len(set(runs(folder))) == 4 * 6


def test_behaves_own_option_means_the_same(tmp_path: Path) -> None:
    folder = suite(tmp_path, "by SIGKILL")
    ran = subprocess.run([sys.executable, "-m", "behave", "-j", "2"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert re.search(r"worker \d was killed by SIGKILL", ran.stdout)


def test_green_is_exit_code_0(tmp_path: Path) -> None:
    assert behave(suite(tmp_path, "not", "not"), "--tags=not @PM-READY-2").returncode == 0


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        (("--tags=@PM-READY-1",), 6),
        (("--name", "after"), 2),
        (("features/f1.feature:19",), 1),
        (("features/f0.feature",), 6),
    ],
)
def test_a_choice_of_scenarios_is_kept(tmp_path: Path, choice: tuple[str, ...], count: int) -> None:
    folder = suite(tmp_path, "not", "not")
    behave(folder, *choice)
    assert len(runs(folder)) == count


def test_junit_reports_are_written(tmp_path: Path) -> None:
    behave(suite(tmp_path, "not", "by SIGKILL"), "--junit", "--junit-directory", str(tmp_path / "reports"))
    cases = [case for report in (tmp_path / "reports").iterdir() for case in ElementTree.parse(report).iter("testcase")]
    assert sorted(case.attrib["status"] for case in cases) == ["failed"] * 2 + ["hook_error"] + ["passed"] * 11
    noted = [case for case in cases if "noted background" in (case.findtext("system-out") or "")]
    assert len(noted) == len(cases) - 1


def test_nothing_captured_is_printed_whole(tmp_path: Path) -> None:
    ran = behave(suite(tmp_path, "not", "not"), "--no-capture", "-f", "null", "--tags=@PM-READY-1")
    assert re.findall(r"noted (\w+)", ran.stdout) == ["background", "a", "background", "b", "background", "c"] * 2


def test_stop_tells_nothing_after_the_first_failure(tmp_path: Path) -> None:
    ran = behave(suite(tmp_path, "not", "not"), "--stop")
    assert "3 passed, 1 failed, 0 blocked, 0 not exercised" in ran.stdout.splitlines()[-1]
    assert ran.returncode == 1


# --- when a worker does not ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("by SIGKILL", r"worker \d was killed by SIGKILL while it ran this scenario"),
        ("with code 3", r"worker \d ended with exit code 3 \(out of everything\) while it ran this scenario"),
        ("when asked", r"worker \d ended with exit code 1 .*while it ran this scenario"),
    ],
)
def test_a_worker_that_ends_blocks_the_scenario_it_was_at_and_no_other(tmp_path: Path, how: str, told: str) -> None:
    ran = behave(suite(tmp_path, "not", how, "not"), "--tags=not @PM-READY-2")
    assert ran.returncode == 1
    assert "17 passed, 0 failed, 0 blocked, 1 harness error, 0 not exercised" in ran.stdout.splitlines()[-1]
    assert re.search(rf"HARNESS ERROR PM-READY-3: .*\n    features/f1.feature:\d+ ending\n    .*{told}", ran.stdout), ran.stdout


def test_scenarios_that_no_worker_is_left_for_are_blocked(tmp_path: Path) -> None:
    ran = behave(suite(tmp_path, "by SIGKILL", "by SIGKILL"), "--tags=not @PM-READY-2", jobs=2)
    assert ran.returncode == 1
    assert "6 passed, 0 failed, 0 blocked, 6 harness error, 0 not exercised" in ran.stdout.splitlines()[-1]
    assert "no worker was there to run it" in ran.stdout


def test_a_worker_that_cannot_end_what_it_started_is_told_of(tmp_path: Path) -> None:
    ran = behave(suite(tmp_path, "untidily"), "--tags=not @PM-READY-2", jobs=2)
    assert ran.returncode == 1
    assert "6 passed, 0 failed, 0 blocked" in ran.stdout.splitlines()[-1]
    assert re.search(r"^worker \d ended with exit code 1 \(RuntimeError: something is left\)$", ran.stdout, re.MULTILINE)


@pytest.fixture
def interrupted(tmp_path: Path) -> Iterator[Callable[[signal.Signals], "subprocess.CompletedProcess[str]"]]:
    """Ends a run that waits in two workers with a signal, and looks for what is left of it."""
    run = subprocess.Popen(
        command(jobs=2),
        cwd=suite(tmp_path, "not", "not"),
        env=os.environ | {"POOLPACT_TEST_WAITS": "1", "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def end(how: signal.Signals) -> "subprocess.CompletedProcess[str]":
        deadline = time.monotonic() + 30
        while len(waiting := list(tmp_path.glob("waits-*"))) < 2 or not all(each.read_text() for each in waiting):
            assert time.monotonic() < deadline, run.poll()
        family = [psutil.Process(int(pid)) for each in waiting for pid in (each.name.removeprefix("waits-"), each.read_text())]
        run.send_signal(how)
        if how == signal.SIGKILL:
            (tmp_path / "go").touch()
        stdout, stderr = run.communicate(timeout=60)
        assert psutil.wait_procs(family, timeout=30)[1] == []
        return subprocess.CompletedProcess([], run.returncode, stdout, stderr)

    yield end
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_ends_its_workers_and_what_they_started(
    interrupted: Callable[[signal.Signals], "subprocess.CompletedProcess[str]"], how: signal.Signals, tmp_path: Path
) -> None:
    ran = interrupted(how)
    assert ran.returncode == 1
    assert "ABORTED" in ran.stdout
    assert "blocked" in ran.stdout.splitlines()[-1]
    assert list(tmp_path.glob("poolpact-*")) == []


def test_workers_do_not_outlive_a_run_that_is_killed(
    interrupted: Callable[[signal.Signals], "subprocess.CompletedProcess[str]"],
) -> None:
    """The scenarios that they are at come to their end first."""
    assert interrupted(signal.SIGKILL).returncode == -signal.SIGKILL
