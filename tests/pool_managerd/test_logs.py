"""Logs, in a process of their own: configuring them is for the whole process."""

import json
import subprocess
import sys

import pytest

TOKEN = "s3cret-t0ken"
PROGRAM = """
import logging, os, sys, structlog
from pool_managerd.logs import configure_logs
configure_logs(sys.argv[1], sys.argv[2])
log = structlog.get_logger("pool_managerd")
log.debug("detail")
log.info("changed", pool_id="p", cause="caf\\xe9 \\ud800 \\n two lines")
logging.getLogger("library").info("chatter")
logging.getLogger("library").warning("from a %s", "library")
def fail(token):
    raise RuntimeError("broken")
try:
    fail(sys.argv[3])
except RuntimeError:
    log.exception("request_failed")
if "closed" in sys.argv:
    os.close(2)
    log.error("nobody reads this")
    print("goes on")
"""


def logged(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments[:2], TOKEN, *arguments[2:]], capture_output=True, text=True, check=True
    )


def test_one_json_line_an_event() -> None:
    events = [json.loads(line) for line in logged("info", "json").stderr.splitlines()]
    assert [(event["event"], event["level"]) for event in events] == [
        ("changed", "info"),
        ("from a library", "warning"),
        ("request_failed", "error"),
    ]
    assert events[0]["pool_id"] == "p"
    assert "RuntimeError: broken" in events[2]["exception"]
    assert all(event["timestamp"].endswith("Z") for event in events)


def test_the_level_is_a_threshold() -> None:
    assert '"detail"' in logged("debug", "json").stderr
    assert '"changed"' not in logged("warning", "json").stderr


@pytest.mark.requirement("PM-AUTH-3")
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_does_not_show_the_values_in_its_frames(log_format: str) -> None:
    printed = logged("debug", log_format).stderr
    assert "RuntimeError: broken" in printed
    assert TOKEN not in printed


def test_a_stderr_that_is_gone_is_no_error() -> None:
    assert logged("info", "json", "closed").stdout == "goes on\n"
