from pathlib import Path

import pytest

from poolpact.judge.running import run_suite
from poolpact.judge.suite import read_suite
from poolpact.launch import Launch
from poolpact.ledger import Entry
from poolpact.options import Options
from poolpact.requirements import load_requirements
from poolpact.scenarios import INTERRUPTED
from tests.judge.checks import running

SUITE = [each.id for each in read_suite("daemon", load_requirements()) if each.requirement.id == "PM-STATUS-2"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_chosen_is_run_and_told_of_and_nothing_is_printed(
    jobs: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[Entry] = []
    ran = run_suite("daemon", Options(jobs=jobs), SUITE[:2], tmp_path, told.append)
    assert (ran.complaints, ran.was_interrupted) == ([], False)
    entries = ran.entries
    assert entries == told
    assert [(each.scenario_id, each.outcome) for each in entries] == [(name, "passed") for name in SUITE[:2]]
    assert all(each.account is not None and each.account.seconds > 0 for each in entries)
    assert capfd.readouterr() == ("", "")


def test_what_takes_longer_than_the_whole_may_is_not_begun(tmp_path: Path) -> None:
    """``began`` is long ago."""
    entries = run_suite("daemon", Options(time_limit=0.001, began=0.0), SUITE[:1], tmp_path, lambda entry: None).entries
    assert [each.outcome for each in entries] == ["blocked"]
    assert "the time limit of 0.001 s was over" in entries[0].reason


def test_a_subject_that_does_not_start_blocks_what_needs_it(tmp_path: Path) -> None:
    options = Options(mode="live", engine="process", daemon_launch=Launch.parse("false"))
    entries = run_suite("daemon", options, SUITE[:1], tmp_path, lambda entry: None).entries
    assert [each.outcome for each in entries] == ["blocked"]
    assert "exit code 1" in entries[0].reason


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_told_of_before_an_interruption_is_known(jobs: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def interrupt(entry: Entry) -> None:
        raise KeyboardInterrupt

    ran = run_suite("daemon", Options(jobs=jobs), SUITE, tmp_path, interrupt)
    assert ran.was_interrupted
    assert [(each.scenario_id, each.outcome) for each in ran.entries][:1] == [(SUITE[0], "passed")]
    assert len(SUITE) > 1
    assert all(each.reason == INTERRUPTED for each in ran.entries[1:])
    assert capfd.readouterr() == ("", "")


def test_what_the_caller_did_not_tell_is_asked_for_as_the_option_that_tells_it(tmp_path: Path) -> None:
    suite = [each.id for each in read_suite("daemon", load_requirements()) if each.needs & {"token", "lease_ttl"}]
    with running("health-only") as (url,):
        entries = run_suite(
            "daemon", Options(mode="live", engine="process", url=url), suite, tmp_path, lambda entry: None
        ).entries
    assert {(each.kind, each.reason) for each in entries} >= {
        ("setting", "needs to know the token of the daemon: --token TOKEN"),
        ("setting", "needs to know the lease_ttl of the daemon: --setting lease_ttl=20s"),
    }
