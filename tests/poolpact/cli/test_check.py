import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from poolpact.cli.main import run
from poolpact.judge import checking
from poolpact.judge.checking import Begin, Check
from poolpact.judge.suite import read_suite
from poolpact.ledger import Entry
from poolpact.requirements import load_requirements
from poolpact.targets.base import CannotJudge
from tests.poolpact.cli.terminal import on_terminal
from tests.poolpact.report.documents import every_verdict

POOLPACT = Path(sys.executable).with_name("poolpact")
LONGEST = 240.0
"""Seconds after which a run hangs."""
DAEMON = ("daemon", "--command", "true")
ORCHESTRATOR = ("orchestrator", "--command", "true")
RUNNING = ("orchestrator", "--url", "http://127.0.0.1:8080")


class Checked:
    """What would have been checked; the verdicts are those of a document made by hand."""

    def __init__(self) -> None:
        self.check: Check
        self.folder: Path
        self.document: dict[str, Any] = every_verdict()
        self.entries: list[Entry] = []
        self.fails: Exception | None = None
        self.makes_host_dir = False

    def run(self, check: Check, folder: Path, begin: Begin) -> dict[str, Any]:
        self.check, self.folder = check, folder
        assert folder.is_dir()
        if self.makes_host_dir and check.options.host_dir is not None:
            check.options.host_dir.mkdir()
        watch = begin(len(self.entries), ["core"])
        for entry in self.entries:
            watch(entry)
        if self.fails is not None:
            raise self.fails
        return self.document


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Checked:
    made = Checked()
    monkeypatch.setattr(checking, "run_check", made.run)
    monkeypatch.delenv("POOL_MANAGERD_TOKEN", raising=False)
    return made


# --- what is given wrong ------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no subject": (("daemon",), "give --url of one that runs, or the --command that starts one"),
    "two subjects": ((*DAEMON, "--url", "http://127.0.0.1:1"), "not both"),
    "no orchestrator": (("orchestrator",), "give --url"),
    "an empty command": (("daemon", "--command", " "), "empty"),
    "half a quote": (("daemon", "--command", "it's"), "No closing quotation"),
    "a NUL in the command": (("daemon", "--command", "a\0b"), "NUL"),
    "a NUL in a variable": ((*DAEMON, "--env", "A=\0"), "NUL"),
    "a NUL in a URL": (("daemon", "--url", "http://a\0b"), "--url"),
    "a NUL in a name of a file": ((*DAEMON, "--known-failures", "a\0b"), "null"),
    "another scheme": (("daemon", "--url", "ftp://127.0.0.1"), "--url"),
    "no scheme": (("daemon", "--url", "127.0.0.1:9200"), "--url"),
    "half an address": (("daemon", "--url", "http://[::1"), "--url"),
    "a port that is none": (("daemon", "--url", "http://127.0.0.1:99999"), "--url"),
    "a password": (("daemon", "--url", "http://u:p@127.0.0.1"), "--url"),
    "a path": (("daemon", "--url", "http://127.0.0.1/pools"), "--url"),
    "an environment of one that runs": (("daemon", "--url", "http://127.0.0.1:1", "--env", "A=b"), "--env is for the --command"),
    "a variable without a value": ((*DAEMON, "--env", "A"), "NAME=VALUE"),
    "a variable without a name": ((*DAEMON, "--env", "=b"), "NAME=VALUE"),
    "a token of several lines": ((*DAEMON, "--token", "a\r\nb"), "--token"),
    "an unknown setting": ((*DAEMON, "--setting", "speed=1s"), "startup_timeout, lease_ttl"),
    "a setting of the other side": ((*ORCHESTRATOR, "--setting", "lease_ttl=1s"), "deadline"),
    "a setting without a value": ((*DAEMON, "--setting", "lease_ttl"), "NAME=VALUE"),
    "a setting that is no time": ((*DAEMON, "--setting", "lease_ttl=soon"), "--setting lease_ttl: 'soon'"),
    "a setting of nothing": ((*DAEMON, "--setting", "lease_ttl=0s"), "--setting lease_ttl"),
    "a setting in other digits": ((*DAEMON, "--setting", "lease_ttl=٣s"), "--setting lease_ttl"),
    "no time limit": ((*DAEMON, "--time-limit", "0"), "--time-limit"),
    "a time limit that is none": ((*DAEMON, "--time-limit", "1e3"), "--time-limit"),
    "a negative time limit": ((*DAEMON, "--time-limit", "-1"), "--time-limit"),
    "nobody to run scenarios": ((*DAEMON, "--jobs", "0"), "--jobs"),
    "too many to run scenarios": ((*DAEMON, "--jobs", "33"), "--jobs"),
    "a word for a number": ((*DAEMON, "--jobs", "many"), "--jobs"),
    "several at one address": ((*ORCHESTRATOR, "--judge-addr", "127.0.0.1:1", "--jobs", "2"), "--jobs"),
    "an unknown requirement": ((*DAEMON, "--only", "PM-NONE-1"), "--only: 'PM-NONE-1' is no requirement of a daemon"),
    "a requirement of the other side": ((*ORCHESTRATOR, "--only", "PM-HEALTH-1"), "no requirement of an orchestrator"),
    "one of several is unknown": ((*DAEMON, "--only", "PM-HEALTH-1,PM-NONE-1"), "PM-NONE-1"),
    "no requirement": ((*DAEMON, "--only", ""), "--only names nothing"),
    "nothing but commas": ((*DAEMON, "--only", " , "), "--only names nothing"),
    "an unknown profile": ((*DAEMON, "--profiles", "core,fast"), "'fast' is no profile of a daemon; there are core"),
    "a profile of the other side": ((*ORCHESTRATOR, "--profiles", "core"), "there are health, dispatch"),
    "no profile": ((*DAEMON, "--profiles", ","), "--profiles names nothing"),
    "an unknown scenario": ((*DAEMON, "--replay", "PM-HEALTH-1:nope"), "--replay"),
    "a scenario and a requirement": ((*DAEMON, "--replay", "PM-HEALTH-1", "--only", "PM-HEALTH-1"), "--only"),
    "no list of known failures": ((*DAEMON, "--known-failures", "missing.yaml"), "missing.yaml: No such file"),
    "a folder of known failures": ((*DAEMON, "--known-failures", "."), "no file"),
    "known failures without a reason": ((*DAEMON, "--known-failures", "known.yaml"), "line 1"),
    "a report that is a file": ((*DAEMON, "--report", "known.yaml"), "is not a folder"),
    "a report in a file": ((*DAEMON, "--report", "known.yaml/report"), "is not a folder"),
    "a host folder that is not there": ((*DAEMON, "--host-dir", "missing"), "--host-dir: 'missing' is not a folder"),
    "a running one and no judge": (RUNNING, "--url needs --judge-addr"),
    "a judge without a port": ((*RUNNING, "--judge-addr", "127.0.0.1"), "--judge-addr"),
    "a judge on port 0": ((*RUNNING, "--judge-addr", "127.0.0.1:0"), "--judge-addr"),
    "a judge nowhere": ((*RUNNING, "--judge-addr", ":9200"), "--judge-addr"),
    "a judge elsewhere": ((*ORCHESTRATOR, "--judge-addr", "192.0.2.1:9200"), "cannot listen"),
    "a judge of a daemon": ((*DAEMON, "--judge-addr", "127.0.0.1:9200"), "--judge-addr"),
    "a token of an orchestrator": ((*ORCHESTRATOR, "--token", "secret"), "--token"),
    "an argument too many": ((*DAEMON, "more"), "more"),
    "no side": ((), "Missing command"),
    "another side": (("engine",), "engine"),
    "a command that ends": (DAEMON, "exit code 0, and it printed nothing"),
    "a command that says why": (
        ("daemon", "--command", "sh -c 'echo \x1b[31mso; echo what >&2; exit 3'"),
        r"exit code 3, and it said: \x1b[31mso what",
    ),
    "an orchestrator that ends": (ORCHESTRATOR, "exit code 0, and it printed nothing"),
    "a program that is not there": (("daemon", "--command", "./missing"), "'./missing' cannot be executed: No such file"),
    "a program that is none": (("orchestrator", "--command", "./known.yaml"), "cannot be executed: Permission denied"),
    "a daemon that is not there": (("daemon", "--url", "http://127.0.0.1:1"), "no daemon answers at http://127.0.0.1:1"),
    "an orchestrator that is not there": (
        ("orchestrator", "--url", "http://127.0.0.1:1", "--judge-addr", "127.0.0.1:9"),
        "no orchestrator listens at http://127.0.0.1:1",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_checked_is_2_and_one_line(
    case: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, culprit = WRONG[case]
    monkeypatch.chdir(tmp_path)
    Path("known.yaml").write_text("PM-READY-2:\n")
    assert run(["check", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("poolpact: ")
    assert output.err.count("\n") == 1
    assert culprit in output.err
    assert [path.name for path in tmp_path.iterdir()] == ["known.yaml"]


def test_a_token_that_is_wrong_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", *DAEMON, "--token", "s3cr3t token"]) == 2
    assert "s3cr3t" not in capsys.readouterr().err


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


def test_what_runs_it_again_holds_no_token(checked: Checked) -> None:
    run(["check", *DAEMON, "--token", "s3cr3t", "--jobs", "2", "--only", "PM-HEALTH-1", "--keep", "--report", "report"])
    assert checked.check.again == "poolpact check daemon --command true"


# --- what is told -------------------------------------------------------------------------------------------------


def test_failures_are_explained_and_the_verdict_is_the_last_line(checked: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", *DAEMON]) == checked.document["exit_code"]
    shown = capsys.readouterr().out
    assert shown.count("\nFAILED ") + shown.startswith("FAILED ") == 3
    assert "PASSED" not in shown
    assert shown.splitlines()[-1].startswith("not conformant: daemon pool-managerd 0.3.0: ")


def test_a_replay_tells_what_passed_as_well_and_every_exchange_in_full(
    checked: Checked, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = next(each for each in checked.document["scenarios"] if each["verdict"] == "failed")
    exchange = failed["transcript"][0]
    long = "x" * 2000
    failed["transcript"] = [
        exchange | {"target": f"/pools/p-{number}/status", "body": f"{number}\n{long}"} for number in range(40)
    ]
    run(["check", *DAEMON, "--replay", "PM-READY-1"])
    shown = capsys.readouterr().out
    assert "PASSED PM-STATUS-1" in shown
    assert [number for number in range(40) if f" GET /pools/p-{number}/status " not in shown.replace("POST", "GET")] == []
    assert shown.count(f"> {long}\n") == 40
    assert shown.count("> authorization: ") >= 40
    run(["check", *DAEMON])
    assert long not in capsys.readouterr().out


def test_what_a_subject_says_is_no_markup_and_steers_no_terminal(checked: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    checked.document |= {"implementation": "[red]x[/red]", "version": "[/]\x1b[2J", "complaints": ["[bold]a worker[/bold]"]}
    for scenario in checked.document["scenarios"]:
        scenario["reason"] = "[link=file:///]it[/link] \x1b]0;title\x07 [/nope]"
    for replay in ([], ["--replay", "PM-READY-1"]):
        run(["check", *DAEMON, *replay])
        shown = capsys.readouterr().out
        assert r"[link=file:///]it[/link] \x1b]0;title\x07 [/nope]" in shown
        assert r"[red]x[/red] [/]\x1b[2J" in shown
        assert "complaint: [bold]a worker[/bold]" in shown
        assert "\x1b" not in shown


def test_a_report_is_written_where_it_was_asked_for(checked: Checked, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "a" / "[b]"
    run(["check", *DAEMON, "--report", str(folder)])
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {folder}/index.html"
    assert json.loads((folder / "conformance.json").read_text(encoding="utf-8")) == checked.document


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


# --- how far it is ------------------------------------------------------------------------------------------------


def test_a_log_gets_plain_lines(checked: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    came = ["passed", "failed", "blocked", "harness error", "not exercised", *["passed"] * 5]
    checked.entries = [Entry("PM-READY-1", "x", outcome, scenario_id=f"id-{n}") for n, outcome in enumerate(came)]  # type: ignore[arg-type]
    run(["check", *DAEMON])
    *lines, _ = re.sub(r"\d+ s$", "0 s", capsys.readouterr().err, flags=re.MULTILINE).split("\n")
    assert lines == [
        "judging: 10 scenarios of core",
        "  failed: id-1",
        "  2 of 10, 1 did not pass, 0 s",
        "  not exercised: id-2",
        "  harness error: id-3",
        "  4 of 10, 3 did not pass, 0 s",
        "  6 of 10, 3 did not pass, 0 s",
        "  8 of 10, 3 did not pass, 0 s",
        "  10 of 10, 3 did not pass, 0 s",
    ]


SHOWING = """
import json, sys
from pathlib import Path
from poolpact.cli.main import main
from poolpact.judge import checking
from poolpact.ledger import Entry

def run_check(check, folder, begin):
    watch = begin(2, ["core"])
    for outcome in ("passed", "failed"):
        watch(Entry("PM-READY-1", "x", outcome, scenario_id="[red]id[/red]"))
    return json.loads(Path("document.json").read_text())

checking.run_check = run_check
sys.argv[1:] = ["check", "daemon", "--command", "true"]
main()
"""
"""Shows a document made by hand on the terminal that it has."""


def shown_of(folder: Path, document: dict[str, Any], **variables: str) -> str:
    """What a terminal gets, stdout and stderr together."""
    (folder / "document.json").write_text(json.dumps(document))
    code, output = on_terminal([sys.executable, "-c", SHOWING], folder, variables=variables)
    assert code == document["exit_code"], output
    return output


def test_a_terminal_gets_a_live_line_and_colours(tmp_path: Path) -> None:
    shown = shown_of(tmp_path, every_verdict())
    assert "\x1b[2K" in shown, "no line is drawn anew"
    assert "judging" in shown
    assert "2/2" in shown
    assert "1 did not pass" in shown
    assert "  failed: " not in shown
    assert "\x1b[1;31mnot conformant: " in shown


def test_no_color_is_no_colour(tmp_path: Path) -> None:
    shown = shown_of(tmp_path, every_verdict(), NO_COLOR="1")
    assert "2/2" in shown
    assert "not conformant: " in shown
    colours = re.findall(r"\x1b\[[0-9;]*m", shown)
    assert [each for each in colours if re.search(r"\b(3|4|9)\d", each)] == []


# --- real subjects ------------------------------------------------------------------------------------------------

SCENARIO = next(each.id for each in read_suite("orchestrator", load_requirements()) if each.requirement.id == "OR-REQ-1")
REAL = ("orchestrator", "--command", "orchestratord", "--replay", SCENARIO)


def real(folder: Path, command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """What comes of ``command`` in a shell that finds poolpact."""
    path = os.pathsep.join([str(POOLPACT.parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path} | variables
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )


def test_a_replay_line_can_be_pasted(tmp_path: Path) -> None:
    """It names the scenario, and what was given; it is shown of one that passed."""
    first = real(tmp_path, f"{shlex.join(['poolpact', 'check', *REAL])} --env 'NOTE=a b'")
    assert first.returncode == 0, first.stdout + first.stderr
    line = re.search(r"this scenario again: (.*)", first.stdout)
    assert line is not None
    assert "--env 'NOTE=a b'" in line[1]
    again = real(tmp_path, f"{line[1]} --report again")
    assert again.returncode == 0, again.stdout + again.stderr
    (scenario,) = json.loads((tmp_path / "again" / "conformance.json").read_text(encoding="utf-8"))["scenarios"]
    assert scenario["id"] == SCENARIO
    assert scenario["transcript"]


LEAKY = """
import os, sys
with open(sys.argv[1], "a") as file:
    file.write(repr(dict(os.environ)) + chr(10))
os.execvp("orchestratord", ["orchestratord"])
"""


def test_the_judges_own_token_is_no_subjects(tmp_path: Path) -> None:
    """A subject gets the token of its pool manager, and nothing of the settings that the judge itself was started with."""
    (tmp_path / "leaky.py").write_text(LEAKY)
    command = f"{sys.executable} {tmp_path}/leaky.py {tmp_path}/seen"
    foreign = {"POOL_MANAGERD_TOKEN": "of-somebody-else", "ORCHESTRATORD_DEADLINE_MS": "1", "POOL_MANAGER_MODE": "embedded"}
    line = shlex.join(["poolpact", "check", "orchestrator", "--command", command, "--replay", SCENARIO])
    done = real(tmp_path, line, **foreign)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = (tmp_path / "seen").read_text()
    assert "'ORCHESTRATORD_ADDR'" in seen
    assert "of-somebody-else" not in seen
    assert "'ORCHESTRATORD_DEADLINE_MS': '1'" not in seen
    assert "'POOL_MANAGER_MODE': 'embedded'" not in seen
