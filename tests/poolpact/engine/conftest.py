"""Engines as processes, ended whatever happens."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from poolpact.engine.records import EngineRecords, Event

PROGRAM = Path(sys.executable).parent / "poolpact-engine"
PATIENCE = 20.0


class Playground:
    """Starts engines with one back-channel folder and waits for what they record."""

    def __init__(self, directory: Path) -> None:
        self.records = EngineRecords(directory)
        self._started: list[subprocess.Popen[str]] = []

    def start(self, nonce: str, *flags: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        argv = [str(PROGRAM), "--port", "0", "--sim-dir", str(self.records.directory), "--sim-nonce", nonce, *flags]
        process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)
        self._started.append(process)
        return process

    def await_event(self, nonce: str, name: str, count: int = 1) -> Event:
        return self.until(lambda: (found := self.records.events(nonce, name)) and len(found) >= count and found[count - 1], name)

    def until(self, check: Callable[[], Event | list[Event] | bool], what: str) -> Event:
        deadline = time.monotonic() + PATIENCE
        pause = threading.Event()
        while time.monotonic() < deadline:
            found = check()
            if found:
                return found if isinstance(found, dict) else {}
            pause.wait(0.002)
        raise AssertionError(f"{what} did not happen within {PATIENCE} s")

    def url(self, nonce: str, count: int = 1) -> str:
        self.await_event(nonce, "healthy", count)
        return f"http://127.0.0.1:{self.await_event(nonce, 'listening', count)['port']}"

    def close(self) -> None:
        for process in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    made = Playground(tmp_path)
    yield made
    made.close()
