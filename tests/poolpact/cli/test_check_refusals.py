"""What is given wrong to ``poolpact check``."""

from pathlib import Path

import pytest

from poolpact.cli.main import run
from tests.poolpact.cli.checked import DAEMON, ORCHESTRATOR, RUNNING

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
