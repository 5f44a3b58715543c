"""The command line: one line and exit 2 for what cannot be done, and a daemon that ends in order."""

import json
import os
import signal
import socket
import urllib.parse
import urllib.request
from pathlib import Path

import psutil
import pytest

from pool_managerd import cli
from poolpact.ports import free_port
from tests.pool_managerd.daemon_process import ENGINE, LONG, daemon, environment, pools_toml, run

TOKEN = "s3cret-t0ken"


@pytest.mark.parametrize(
    ("arguments", "settings", "names"),
    [
        (["--addr", "nonsense"], {}, "POOL_MANAGERD_ADDR"),
        ([], {"LEASE_TTL": "soon"}, "POOL_MANAGERD_LEASE_TTL"),
        ([], {"ADDR": "0.0.0.0:0"}, "POOL_MANAGERD_TOKEN"),
        ([], {"TOKEN": "two words"}, "POOL_MANAGERD_TOKEN"),
        (["--no-such-flag"], {}, "--no-such-flag"),
        (["--addr"], {}, "--addr"),
        (["no-such-command"], {}, "no-such-command"),
        (["preload"], {}, "NAME"),
        (["preload", "p"], {}, "pools.toml"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    settings: dict[str, str],
    names: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in environment(tmp_path, **settings).items():
        monkeypatch.setenv(name, text)
    assert cli.run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("pool-managerd: ")
    assert names in printed.err
    assert "two words" not in printed.err


@pytest.mark.parametrize(("flag", "value"), [("--pools", "none.toml"), ("--run-dir", "/dev/null/run")])
def test_what_cannot_be_used_is_one_line_and_exit_2(tmp_path: Path, flag: str, value: str) -> None:
    done = run(tmp_path, flag, value)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert value in done.stderr


def test_an_address_in_use_is_one_line_and_exit_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run(tmp_path, ADDR=address)
    assert done.returncode == 2
    assert done.stderr == f"pool-managerd: POOL_MANAGERD_ADDR {address} cannot be used: Address already in use\n"


def test_help_and_version_are_no_errors(tmp_path: Path) -> None:
    helped = run(tmp_path, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    for flag in (
        "--addr",
        "--token",
        "--run-dir",
        "--engine-dirs",
        "--startup-timeout",
        "--lease-ttl",
        "--pools",
        "--log-format",
    ):
        assert flag in helped.stdout
    assert run(tmp_path, "--version").stdout.startswith("pool-managerd 0.")


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM, signal.SIGTERM, signal.SIGINT]])
def test_a_signal_stops_the_engines_and_ends_in_order(tmp_path: Path, signals: list[signal.Signals]) -> None:
    pools = pools_toml(tmp_path, free_port())
    with daemon(tmp_path, "--pools", str(pools), ENGINE_DIRS=str(ENGINE.parent)) as it:
        while it.next_event("pool_changed")["to"] != "ready":
            pass
        status, pool = it.call("GET", "/pools/p/status")
        assert (status, pool["ready"]) == (200, True)
        assert it.end(*signals) == 0
        assert [event["event"] for event in it.log if event["event"] in ("stopping", "stopped")] == ["stopping", "stopped"]
    assert not psutil.pid_exists(pool["pid"])
    assert [path for path in (tmp_path / "run").rglob("*") if path.is_file() and path.name != "lock"] == []


def test_a_signal_answers_those_who_wait_for_an_engine(tmp_path: Path) -> None:
    pools = pools_toml(tmp_path, free_port(), "--sim-mute")
    with daemon(tmp_path, "--pools", str(pools), ENGINE_DIRS=str(ENGINE.parent), STOP_GRACE="100ms") as it:
        it.next_event("pool_changed")
        place = urllib.parse.urlsplit(it.url)
        with socket.create_connection((place.hostname, place.port), timeout=LONG) as slow:
            slow.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
            assert it.end(signal.SIGTERM) == 0


def test_a_signal_ends_those_who_read_the_events(tmp_path: Path) -> None:
    pools = pools_toml(tmp_path, free_port())
    with daemon(tmp_path, "--pools", str(pools), ENGINE_DIRS=str(ENGINE.parent)) as it:
        while it.next_event("pool_changed")["to"] != "ready":
            pass
        with urllib.request.urlopen(f"{it.url}/events", timeout=LONG) as reader, urllib.request.urlopen(f"{it.url}/events"):
            assert it.end(signal.SIGTERM) == 0
            told = [json.loads(line.removeprefix(b"data: ")) for line in reader if line.startswith(b"data: ")]
    assert [each.get("to") for each in told] == [None, "stopping", "absent"]
    assert [event for event in it.log if event["level"] in ("warning", "error")] == []


def test_a_pool_that_is_refused_does_not_stop_the_others_or_the_daemon(tmp_path: Path) -> None:
    pools = pools_toml(tmp_path, free_port())
    pools.write_text(pools.read_text() + "[pools.bad]\nbinary = '/bin/sh'\nmodel = 'm'\nport = 1\n")
    with daemon(tmp_path, "--pools", str(pools), ENGINE_DIRS=str(ENGINE.parent)) as it:
        while it.next_event("pool_changed")["to"] != "ready":
            pass
        assert [(event["pool_id"], event["code"]) for event in it.log if event["event"] == "preload_refused"] == [
            ("bad", "engine_not_allowed")
        ]
        assert it.call("GET", "/health")[0] == 200


@pytest.mark.requirement("PM-AUTH-3")
def test_no_token_is_logged(tmp_path: Path) -> None:
    with daemon(tmp_path, TOKEN=TOKEN, LOG_LEVEL="debug") as it:
        assert it.call("GET", "/pools")[0] == 401
        assert it.call("GET", "/pools", Authorization="Bearer wr0ng-t0ken")[0] == 401
        assert it.call("GET", "/pools", Authorization=f"Bearer {TOKEN}")[0] == 200
        it.end(signal.SIGTERM)
    assert [event["status"] for event in it.log if event["event"] == "request"] == [401, 401, 200]
    assert TOKEN not in repr(it.log)
    assert "wr0ng" not in repr(it.log)


def test_a_second_daemon_on_the_same_run_directory_is_refused(tmp_path: Path) -> None:
    with daemon(tmp_path) as it:
        before = sorted(os.listdir(tmp_path / "run"))
        done = run(tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("pool-managerd: another pool manager holds the run directory")
        assert sorted(os.listdir(tmp_path / "run")) == before
        assert it.call("GET", "/health")[0] == 200


def test_preload_sends_one_pool(tmp_path: Path) -> None:
    pools = str(pools_toml(tmp_path, free_port()))
    with daemon(tmp_path, TOKEN=TOKEN, ENGINE_DIRS=str(ENGINE.parent)) as it:
        done = run(tmp_path, "preload", "p", "--pools", pools, "--url", it.url, TOKEN=TOKEN)
        pid = it.call("GET", "/pools/p/status", Authorization=f"Bearer {TOKEN}")[1]["pid"]
        assert (done.returncode, done.stdout, done.stderr) == (0, f"p: ready, pid {pid}\n", "")
        refused = run(tmp_path, "preload", "p", URL=it.url)
        assert (refused.returncode, refused.stderr) == (1, "p: unauthorised: a bearer token is needed\n")


def test_preload_tells_why_an_engine_failed_in_one_line(tmp_path: Path) -> None:
    pools = pools_toml(tmp_path, free_port(), "--sim-print", "no such model", "--sim-exit-after", "0", "--sim-exit-code", "3")
    with daemon(tmp_path, ENGINE_DIRS=str(ENGINE.parent)) as it:
        done = run(tmp_path, "preload", "p", POOLS=str(pools), URL=it.url)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith("p: engine_exited: ")
    assert "exit code 3" in done.stderr
    assert "no such model" in done.stderr


@pytest.mark.parametrize(("wait", "code"), [("0", 0), ("1s", 1)])
def test_preload_says_when_it_is_still_loading(tmp_path: Path, wait: str, code: int) -> None:
    pools = pools_toml(tmp_path, free_port(), "--sim-mute")
    with daemon(tmp_path, ENGINE_DIRS=str(ENGINE.parent), STOP_GRACE="100ms") as it:
        done = run(tmp_path, "preload", "p", "--wait", wait, POOLS=str(pools), URL=it.url)
    assert done.returncode == code
    assert (done.stdout or done.stderr).startswith("p: still loading")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["q"], "no [pools.q]; there are p"),
        (["p", "--wait", "soon"], "--wait"),
        (["p", "--url", "nonsense"], "POOL_MANAGERD_URL"),
        (["p", "--url", "ftp://127.0.0.1"], "POOL_MANAGERD_URL"),
        (["p", "--url", "http://127.0.0.1:1"], "no answer from http://127.0.0.1:1"),
    ],
)
def test_a_preload_that_cannot_be_sent_is_one_line_and_exit_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    names: str,
) -> None:
    monkeypatch.setenv("POOL_MANAGERD_POOLS", str(pools_toml(tmp_path, 1)))
    assert cli.run(["preload", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, len(printed.err.splitlines())) == ("", 1)
    assert names in printed.err
