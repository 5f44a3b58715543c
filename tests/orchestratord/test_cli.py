"""The console script, as a process."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestratord import cli
from orchestratord.errors import InvalidSettings
from orchestratord.serving import bind

SCRIPT = Path(sys.executable).with_name("orchestratord")
LONG = 30.0

ENGINE = """#!{python}
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
    def do_POST(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'data: {{"content":"tok","stop":false}}\\n\\ndata: {{"content":"","stop":true}}\\n\\n')
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def environment(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ORCHESTRATORD_", "POOL_MANAGER"))}
    return {**clean, "ORCHESTRATORD_ADDR": "127.0.0.1:0", **settings}


def refused(*arguments: str, **settings: str) -> str:
    """The one line with which it does not start."""
    done = subprocess.run([SCRIPT, *arguments], env=environment(**settings), capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


class Running:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.url: str = self.until("listening")["url"]

    def until(self, event: str) -> dict[str, Any]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line))
            if self.log[-1]["event"] == event:
                return self.log[-1]
        raise AssertionError(f"it ended without {event!r}: {self.log}")

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=LONG) as answer:
            return json.loads(answer.read())

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.until("stopped")
        return self.process.wait(LONG)


@contextmanager
def started(*arguments: str, **settings: str) -> Iterator[Running]:
    process = subprocess.Popen([SCRIPT, *arguments], env=environment(**settings), stderr=subprocess.PIPE, text=True)
    try:
        yield Running(process)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_in_order(number: signal.Signals) -> None:
    with started(POOL_MANAGERD_URL="http://127.0.0.1:1", POOL_MANAGERD_TOKEN="s3cret-t0ken") as it:
        assert it.get("/health")["status"] == "ok"
        health = it.get("/v1/pools/p/health")
        assert (health["live"], health["source"]) == (False, "remote")
        assert it.stop(number) == 0
        assert "s3cret" not in json.dumps(it.log)


@pytest.mark.parametrize(
    ("arguments", "settings", "why"),
    [
        ((), {"POOL_MANAGER_MODE": "remotely"}, "POOL_MANAGER_MODE"),
        ((), {"ORCHESTRATORD_ADDR": "203.0.113.7:8080"}, "ORCHESTRATORD_ADDR"),
        (("--pools", "/nonexistent/pools.toml"), {"POOL_MANAGER_MODE": "embedded"}, "/nonexistent/pools.toml"),
        ((), {"POOL_MANAGER_MODE": "embedded", "POOL_MANAGERD_LEASE_TTL": "soon"}, "POOL_MANAGERD_LEASE_TTL"),
        ((), {"POOL_MANAGER_MODE": "embedded", "POOL_MANAGERD_RUN_DIR": "/proc/none"}, "run directory"),
    ],
)
def test_what_it_cannot_start_with_is_one_line(arguments: tuple[str, ...], settings: dict[str, str], why: str) -> None:
    line = refused(*arguments, **settings)
    assert line.startswith("orchestratord: ")
    assert why in line


def test_a_host_that_is_no_name_is_one_line() -> None:
    with pytest.raises(InvalidSettings, match="ORCHESTRATORD_ADDR"):
        bind("a" * 300, 0)


@pytest.mark.parametrize(
    ("arguments", "settings", "why"),
    [
        ((), {"POOL_MANAGERD_URL": "127.0.0.1:9200"}, "POOL_MANAGERD_URL"),
        ((), {"POOL_MANAGERD_TOKEN": "line\nbreak"}, "POOL_MANAGERD_TOKEN"),
        ((), {"ORCHESTRATORD_ADDR": "nowhere"}, "ORCHESTRATORD_ADDR"),
        ((), {"ORCHESTRATORD_DEADLINE_MS": "-1"}, "ORCHESTRATORD_DEADLINE_MS"),
        (("--colour", "blue"), {}, "--colour"),
        (("--addr",), {}, "--addr"),
        (("--pool-manager-mode", "no\nmode"), {}, "POOL_MANAGER_MODE"),
        (("serve",), {}, "serve"),
    ],
)
def test_a_bad_setting_is_one_line_before_anything_else_happens(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], settings: dict[str, str], why: str
) -> None:
    assert cli.run(arguments, settings) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("orchestratord: ")
    assert why in shown.err
    assert shown.err.count("\n") == 1
    assert "break" not in shown.err


def test_an_address_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "in use" in refused(ORCHESTRATORD_ADDR=f"127.0.0.1:{taken.getsockname()[1]}")


def test_help_lists_every_setting() -> None:
    shown = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, timeout=LONG, check=True).stdout
    assert all(name in shown for name in ("--addr", "POOL_MANAGER_MODE", "--pool-managerd-url", "ORCHESTRATORD_DEADLINE_MS"))


def pools_file(folder: Path) -> dict[str, str]:
    binary = folder / "engines" / "engine.py"
    binary.parent.mkdir()
    binary.write_text(ENGINE.format(python=sys.executable))
    binary.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    table = f'[pools.home]\nbinary = "{binary}"\nmodel = "/m.gguf"\nport = {port}\nflags = ["{{port}}"]\n'
    (folder / "pools.toml").write_text(table)
    return {
        "ORCHESTRATORD_POOLS": str(folder / "pools.toml"),
        "POOL_MANAGERD_ENGINE_DIRS": str(binary.parent),
        "POOL_MANAGERD_RUN_DIR": str(folder / "run"),
    }


@pytest.mark.parametrize("mode", ["embedded", "fallback"])
def test_its_own_engine_serves_and_is_gone_afterwards(tmp_path: Path, mode: str) -> None:
    settings = {**pools_file(tmp_path), "POOL_MANAGER_MODE": mode, "POOL_MANAGERD_URL": "http://127.0.0.1:1"}
    with started(**settings) as it:
        while not it.get("/v1/pools/home/health")["ready"]:
            pass
        assert it.get("/v1/pools/home/health")["source"] == "embedded"
        body = json.dumps({"pool_id": "home", "prompt": "x", "max_tokens": 1}).encode()
        request = urllib.request.Request(f"{it.url}/v1/tasks", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LONG) as answer:
            task_id = json.loads(answer.read())["task_id"]
        with urllib.request.urlopen(f"{it.url}/v1/tasks/{task_id}/stream", timeout=LONG) as stream:
            assert b'event: token\ndata: {"t":"tok","i":0}' in stream.read()
        assert it.stop(signal.SIGTERM) == 0
    left = [command for command in command_lines() if str(tmp_path / "engines") in command]
    assert not left
    assert not list((tmp_path / "run" / "handoff").iterdir())


def command_lines() -> list[str]:
    lines = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            lines.append((folder / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return lines


def test_remote_mode_imports_nothing_of_the_pool_manager() -> None:
    program = (
        "import sys\n"
        "from orchestratord import cli, client\n"
        "from orchestratord.app import build\n"
        "from orchestratord.settings import Settings\n"
        "build(Settings())\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'pool_managerd'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=LONG, check=True)
    assert done.stdout.strip() == "[]"


def test_remote_mode_leaves_no_file_behind(tmp_path: Path) -> None:
    settings = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    with started(ORCHESTRATORD_POOLS=str(tmp_path / "ignored.toml"), **settings) as it:
        it.get("/v1/pools/p/health")
        assert it.stop(signal.SIGTERM) == 0
    assert not list(tmp_path.iterdir())
