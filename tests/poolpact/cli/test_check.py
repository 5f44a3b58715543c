import re
import shlex
from pathlib import Path

import pytest

from poolpact.cli.main import run
from poolpact.targets.base import CannotJudge
from tests.poolpact.cli.checked import DAEMON, ORCHESTRATOR, RUNNING, Checked


@pytest.mark.parametrize("side", ["daemon", "orchestrator"])
def test_help_fits_a_terminal(side: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["check", side, "--help"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 80
    assert not any("\x1b" in line for line in shown)
    told = " ".join(" ".join(shown).split())
    assert all(code in told for code in ("Exit code 0: it is conformant.", "1: it is not", "2: it could not be judged."))
    options = re.findall(r"^ +(--[a-z-]+)", "\n".join(shown), re.MULTILINE)
    assert {"--url", "--command", "--env", "--profiles", "--setting", "--only", "--known-failures", "--report"} <= set(options)


# --- what is given right ------------------------------------------------------------------------------------------


def test_only_may_be_repeated_and_listed(checked: Checked) -> None:
    run(["check", *DAEMON, "--only", "PM-HEALTH-1, PM-STATUS-1", "--only", "PM-READY-1,PM-HEALTH-1"])
    assert checked.check.only == ("PM-HEALTH-1", "PM-STATUS-1", "PM-READY-1")


def test_profiles_are_listed(checked: Checked) -> None:
    run(["check", *DAEMON, "--profiles", "core, auth,core"])
    assert checked.check.profiles == ("core", "auth")


def test_without_profiles_the_subjects_own_word_counts(checked: Checked) -> None:
    run(["check", *DAEMON])
    assert checked.check.profiles == ()


def test_settings_are_times(checked: Checked) -> None:
    run(["check", *DAEMON, "--setting", "startup_timeout=20s", "--setting", "lease_ttl=500ms", "--time-limit", "2m"])
    options = checked.check.options
    assert (options.startup_timeout, options.lease_ttl, options.time_limit) == (20.0, 0.5, 120.0)
    run(["check", *ORCHESTRATOR, "--setting", "deadline=1s"])
    assert checked.check.options.deadline == 1.0


def test_the_token_may_come_from_the_environment(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POOL_MANAGERD_TOKEN", "from-the-environment")
    run(["check", "daemon", "--url", "http://127.0.0.1:9200"])
    assert checked.check.options.token == "from-the-environment"
    run(["check", "daemon", "--url", "http://127.0.0.1:9200", "--token", "given"])
    assert checked.check.options.token == "given"


def test_an_engine_is_told_by_its_whole_path(checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(["check", *DAEMON, "--engine", "bin/poolpact-engine"])
    assert checked.check.options.engine_program == tmp_path / "bin" / "poolpact-engine"


def test_scenarios_run_one_by_one_where_there_is_one_orchestrator(checked: Checked) -> None:
    jobs = []
    for arguments in (ORCHESTRATOR, (*RUNNING, "--judge-addr", "127.0.0.1:9"), (*ORCHESTRATOR, "--judge-addr", "127.0.0.1:9")):
        run(["check", *arguments])
        jobs.append(checked.check.options.jobs)
    assert jobs == [4, 1, 1]


AGAIN: dict[str, tuple[str, ...]] = {
    "a command": ("daemon", "--command", "./d --say 'it''s' \"$HOME\""),
    "all of a daemon": (
        *("daemon", "--command", "./d {addr}", "--env", "A=b c", "--env", "K={token}", "--profiles", "core,auth"),
        *("--engine", "/opt/poolpact-engine", "--host-dir", ".", "--setting", "startup_timeout=2s", "--setting", "lease_ttl=3s"),
    ),
    "one that runs": ("daemon", "--url", "http://127.0.0.1:9200", "--profiles", "core"),
    "an orchestrator": (*RUNNING, "--judge-addr", "127.0.0.1:9200", "--profiles", "health", "--setting", "deadline=2s"),
}


@pytest.mark.parametrize("case", AGAIN)
def test_what_runs_it_again_is_what_was_given(case: str, checked: Checked) -> None:
    run(["check", *AGAIN[case]])
    first = checked.check
    words = shlex.split(first.again)
    assert words[:2] == ["poolpact", "check"]
    run([*words[1:], "--replay", "PM-HEALTH-1"])
    assert checked.check.options.keeps_transcripts
    assert (checked.check.replay, checked.check.again) == ("PM-HEALTH-1", first.again)
    assert checked.check.profiles == first.profiles
    told = [(each.daemon_launch, each.orchestrator_launch, each.url) for each in (first.options, checked.check.options)]
    assert told[0] == told[1]


def test_what_runs_it_again_holds_no_token(checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(["check", *DAEMON, "--token", "s3cr3t", "--jobs", "2", "--only", "PM-HEALTH-1", "--keep", "--report", "report"])
    assert checked.check.again == "poolpact check daemon --command true"


# --- the run's own folder -----------------------------------------------------------------------------------------


def test_nothing_is_left_behind(checked: Checked) -> None:
    run(["check", *DAEMON])
    assert not checked.folder.exists()
    checked.fails = CannotJudge("nothing to judge")
    assert run(["check", *DAEMON]) == 2
    assert not checked.folder.exists()


@pytest.mark.parametrize("keep", [False, True])
def test_in_the_folder_of_the_host_it_has_one_of_its_own(keep: bool, checked: Checked, tmp_path: Path) -> None:
    run(["check", *DAEMON, "--host-dir", str(tmp_path)])
    first = checked.check.options.host_dir
    checked.makes_host_dir = True
    run(["check", *DAEMON, "--host-dir", str(tmp_path), *(["--keep"] if keep else [])])
    second = checked.check.options.host_dir
    assert first is not None
    assert second is not None
    assert first.parent == second.parent == tmp_path
    assert first != second
    assert list(tmp_path.iterdir()) == ([second] if keep else [])


@pytest.mark.parametrize("fails", [None, CannotJudge("nothing to judge")])
def test_what_is_kept_is_told(fails: Exception | None, checked: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    checked.fails = fails
    run(["check", *DAEMON, "--keep"])
    assert checked.folder.is_dir()
    assert f"kept: {checked.folder}\n" in capsys.readouterr().err
    checked.folder.rmdir()
