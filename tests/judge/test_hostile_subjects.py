"""A subject that hangs, floods or dies neither hangs nor crashes a check, and a check leaves nothing behind."""

import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.judge.checks import DAEMON, Check, check, command, running

FEW = "PM-STATUS-2,PM-PRELOAD-3"
WORK = "OR-GATE-1:a-ready-pool-gets-the-work-and-its-tokens-reach-the-caller-in-order"
"""The scenario that reads a whole stream."""
BAD_BODIES = ("nested", "digits", "not-finite", "latin-1", "illegal")
BAD_STREAMS = ("never-ends", "one-line", "noise", "no-utf-8", "no-json", "nested", "half", "empty", "comments")


@pytest.mark.parametrize("kind", ["silent", "flood", "endless-body", "endless-1xx", "gigabyte", "drip", "closes"])
def test_a_daemon_that_is_only_healthy_is_judged(tmp_path: Path, kind: str) -> None:
    with running(f"health-then-{kind}") as (url,):
        checked = check(tmp_path / "check", "daemon", "--url", url, "--only", FEW)
    checked.assert_judged()


@pytest.mark.parametrize("kind", BAD_BODIES)
def test_a_daemon_whose_bodies_nobody_can_read_is_judged(tmp_path: Path, kind: str) -> None:
    with running(f"health-then-{kind}") as (url,):
        checked = check(tmp_path / "check", "daemon", "--url", url, "--only", FEW)
    checked.assert_judged()


@pytest.mark.parametrize("kind", ["dies-at-40", "is-killed-at-40", "silent-at-40"])
def test_a_daemon_that_is_gone_in_the_middle_is_judged(tmp_path: Path, kind: str) -> None:
    with running(kind) as (url,):
        checked = check(tmp_path / "check", "daemon", "--url", url, "--only", "PM-PRELOAD-4,PM-PRELOAD-9")
    checked.assert_judged()
    assert f"no daemon answers at {url}" in checked.out


@pytest.mark.parametrize("kind", ["dies-at-preload", "is-killed-at-preload"])
def test_a_daemon_that_dies_at_every_preload_is_started_anew(tmp_path: Path, kind: str) -> None:
    arguments = ("--command", command(kind), "--profiles", "core", "--only", "PM-PRELOAD-3,PM-STATUS-2")
    check(tmp_path / "check", "daemon", *arguments).assert_judged()


@pytest.mark.parametrize("kind", BAD_STREAMS)
def test_an_orchestrator_whose_streams_nobody_can_read_is_judged(tmp_path: Path, kind: str) -> None:
    arguments = ("--command", command(f"stream-{kind}"), "--profiles", "dispatch", "--replay", WORK)
    check(tmp_path / "check", "orchestrator", *arguments).assert_judged()


def test_a_daemon_that_heeds_no_signal_is_ended_all_the_same(tmp_path: Path) -> None:
    arguments = ("--command", command("health-only", "--stubborn"), "--only", "PM-STATUS-2", "--profiles", "core")
    check(tmp_path / "check", "daemon", *arguments).assert_judged()


def test_a_check_ends_within_its_time_limit_and_what_was_left_is_held_against_nobody(tmp_path: Path) -> None:
    with running("health-then-silent") as (url,):
        checked = check(tmp_path / "check", "daemon", "--url", url, "--time-limit", "2s", "--only", "PM-STATUS-7,PM-PRELOAD-9")
    checked.assert_judged()
    assert checked.verdicts("failed") == []
    assert checked.document is not None
    reasons = [each["reason"] for each in checked.document["scenarios"]]
    assert any("the time limit of 2 s was over before it could begin" in reason for reason in reasons), reasons


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stubborn", ["", "--stubborn"])
def test_a_check_that_is_interrupted_leaves_nothing(tmp_path: Path, number: signal.Signals, stubborn: str) -> None:
    subject = shlex.join([str(DAEMON)]) if not stubborn else command("health-then-silent", stubborn)
    begun = Check(tmp_path / "check", "daemon", "--command", subject, "--profiles", "core", "--jobs", "2")
    begun.wait_for("judging: ")
    begun.tell(number)
    checked = begun.end()
    assert checked.code == 128 + number, checked.err
    assert checked.left == ()
    assert "Traceback" not in checked.err


def test_a_check_that_is_interrupted_while_its_subject_starts_leaves_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "started"
    program = f"import pathlib, time; pathlib.Path({str(marker)!r}).touch(); time.sleep(1000)"
    begun = Check(tmp_path / "check", "daemon", "--command", shlex.join([sys.executable, "-c", program]))
    begun.wait_until(marker.exists)
    begun.tell(signal.SIGTERM)
    checked = begun.end()
    assert checked.code == 143, checked.err
    assert checked.left == ()
    assert checked.document is None


@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, 1), (signal.SIGTERM, 2)])
def test_a_check_that_is_interrupted_tells_what_it_knows(tmp_path: Path, number: signal.Signals, jobs: int) -> None:
    arguments = ("--profiles", "core", "--only", "PM-PRELOAD-4,PM-READY-2", "--jobs", f"{jobs}")
    begun = Check(tmp_path / "check", "daemon", "--command", shlex.join([str(DAEMON)]), *arguments)
    begun.wait_for("0 did not pass")
    begun.tell(number)
    checked = begun.end()
    assert (checked.code, checked.left) == (128 + number, ()), checked.err
    assert "Traceback" not in checked.out + checked.err
    assert "ABORTED" not in checked.out
    assert checked.document is not None, checked.err
    verdicts = {each["verdict"] for each in checked.document["scenarios"]}
    assert verdicts == {"passed", "not_exercised"}
    left = [each for each in checked.document["scenarios"] if each["verdict"] == "not_exercised"]
    assert {each["reason"] for each in left} == {"interrupted"}
    assert "PM-PRELOAD-4" in checked.verdicts("not_exercised")
    assert (checked.document["verdict"], checked.document["exit_code"]) == ("could not judge", 2)
    many = len(checked.document["scenarios"])
    assert checked.document["complaints"] == [f"it was interrupted: {len(left)} of {many} scenarios were not judged"]
    assert f"complaint: {checked.document['complaints'][0]}" in checked.out
