"""The orchestrator's features against subjects that are wrong from top to bottom: not one scenario may pass."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUMMARY = re.compile(r"scenarios: (\d+) passed, (\d+) failed, (\d+) blocked, (\d+) not exercised")
FEWEST_SCENARIOS = 100


def judge(mode: str, subject: str, *, jobs: int = 1) -> "subprocess.CompletedProcess[str]":
    options = ["-f", "null", "-D", f"mode={mode}", "-D", subject, "-D", f"jobs={jobs}"]
    command = [sys.executable, "-m", "behave", *options, "features/orchestrator"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)


def null(kind: str) -> str:
    return f"{sys.executable} -m tests.mutants.orchestrator.nulls {kind} {{addr}}"


@pytest.mark.parametrize(
    ("mode", "command"),
    [
        ("mock", null("ready")),
        ("mock", null("not-ready")),
        ("mock", null("200")),
        ("mock", null("404")),
        ("mock", null("echo")),
        ("mock", "true"),
    ],
    ids=["ready", "not ready", "200 {}", "404", "echo", "true"],
)
def test_no_scenario_passes(mode: str, command: str) -> None:
    judged = judge(mode, f"orchestrator_command={command}", jobs=12)
    found = SUMMARY.search(judged.stdout)
    assert found, judged.stdout + judged.stderr
    passed, failed, blocked, _ = map(int, found.groups())
    assert passed == 0, judged.stdout
    assert failed + blocked >= FEWEST_SCENARIOS, judged.stdout
    assert judged.returncode == 1


def test_a_dead_port_is_no_subject() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        judged = judge("mock", f"orchestrator_url=http://127.0.0.1:{unused.getsockname()[1]}")
    assert judged.returncode == 2
    assert not SUMMARY.search(judged.stdout)
    [line] = judged.stderr.strip().splitlines()
    assert "no orchestrator listens at" in line
