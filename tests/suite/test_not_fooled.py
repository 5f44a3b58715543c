"""Servers that are no pool manager: not one daemon scenario passes against them."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.poolpact.stub.test_cli import stub

ROOT = Path(__file__).parents[2]
BEHAVE = Path(sys.executable).with_name("behave")
TOLD = ("-D", "token=a-token", "-D", "startup_timeout=1s", "-D", "lease_ttl=1s")


class Liar(BaseHTTPRequestHandler):
    """Answers everything with one status and an empty JSON object."""

    protocol_version = "HTTP/1.1"
    status = 200

    def answer(self) -> None:
        left = int(self.headers.get("content-length", 0))
        while left > 0:
            left -= len(self.rfile.read(min(left, 65536)))
        head = f"HTTP/1.1 {self.status} whatever\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"
        self.wfile.write(head.encode() + b"{}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class NotFound(Liar):
    status = 404


@contextmanager
def serving(handler: type[Liar]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def behave(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([BEHAVE, *arguments], cwd=ROOT, capture_output=True, text=True)


def outcomes(report: Path) -> Counter[str]:
    """How many scenarios of a JSON report ended how."""
    counts: Counter[str] = Counter()

    def count(element: dict[str, Any]) -> None:
        if element["type"] == "scenario":
            counts[element["status"]] += 1
        for inner in element.get("elements", ()):
            count(inner)

    for feature in json.loads(report.read_text(encoding="utf-8")):
        for element in feature["elements"]:
            count(element)
    return counts


@pytest.mark.parametrize("handler", [Liar, NotFound], ids=["200 {} to everything", "404 to everything"])
def test_no_scenario_passes_against_a_liar(handler: type[Liar], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(handler) as url:
        at_once = ("-D", "mode=live", "-D", f"url={url}", "-D", "jobs=8")
        run = behave(*at_once, *TOLD, "-f", "json", "-o", str(report), "features/daemon")
    assert run.returncode == 1, run.stdout + run.stderr
    counts = outcomes(report)
    assert counts["passed"] == 0, run.stdout
    assert counts["failed"] + counts["error"] > 200, counts
    assert "0 passed" in run.stdout.splitlines()[-1]


def test_a_dead_port_is_one_line_before_the_first_scenario() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        run = behave("-D", "mode=live", "-D", f"url={url}", "features/daemon")
    assert run.returncode == 2
    assert "feature" not in run.stdout
    assert len(run.stderr.splitlines()) == 1
    assert url in run.stderr


def test_a_port_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        run = behave("-D", "mode=live", "-D", f"url=http://127.0.0.1:{silent.getsockname()[1]}", "features/daemon")
    assert run.returncode == 2, f"after {time.monotonic() - began:.1f} s: {run.stderr}"
    assert len(run.stderr.splitlines()) == 1


def test_a_stub_is_no_pool_manager_although_it_keeps_the_pact(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with stub(tmp_path, "--token", "a-token", "--quiet") as it:
        chosen = ("--tags=@PM-PRELOAD-1", "-D", "mode=live", "-D", f"url={it.until_line('url').split()[0]}", *TOLD)
        run = behave(*chosen, "-D", "jobs=4", "-f", "json", "-o", str(report), "features/daemon")
    assert run.returncode == 1, run.stdout + run.stderr
    assert outcomes(report)["passed"] == 0, run.stdout
    assert outcomes(report)["failed"] > 5, run.stdout
    assert "was started 0 times" in run.stdout
