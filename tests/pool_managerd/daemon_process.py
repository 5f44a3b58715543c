"""The console script, as a process."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCRIPT = Path(sys.executable).with_name("pool-managerd")
ENGINE = SCRIPT.with_name("poolpact-engine")
LONG = 30.0


def environment(folder: Path, **settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POOL_MANAGERD_")}
    own = {"POOL_MANAGERD_RUN_DIR": str(folder / "run"), "POOL_MANAGERD_ADDR": "127.0.0.1:0"}
    return clean | own | {f"POOL_MANAGERD_{name}": value for name, value in settings.items()}


def run(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """A run that ends by itself."""
    return subprocess.run(
        [SCRIPT, *arguments], env=environment(folder, **settings), cwd=folder, capture_output=True, text=True, timeout=LONG
    )


class Daemon:
    """One that runs. Its log is read all the time: a daemon whose pipe is full stands still."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url
        self.log: list[dict[str, Any]] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://")

    def call(self, method: str, path: str, **headers: str) -> tuple[int, Any]:
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=LONG) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def next_event(self, name: str) -> dict[str, Any]:
        """Wait for an event of the log."""
        while (line := self._lines.get(timeout=LONG)) is not None:
            self.log.append(json.loads(line))
            if self.log[-1]["event"] == name:
                return self.log[-1]
        raise AssertionError(f"the daemon ended without {name}; its log: {self.log}")

    def end(self, *signals: signal.Signals) -> int:
        """Send the signals and wait; the exit code. The rest of the log is read."""
        for number in signals:
            self.process.send_signal(number)
        while (line := self._lines.get(timeout=LONG)) is not None:
            self.log.append(json.loads(line))
        return self.wait()

    def wait(self) -> int:
        """Wait until it is over; the exit code."""
        code = self.process.wait(LONG)
        self._reader.join(LONG)
        return code


@contextmanager
def daemon(folder: Path, *arguments: str, **settings: str) -> Iterator[Daemon]:
    with subprocess.Popen(
        [SCRIPT, *arguments], env=environment(folder, **settings), cwd=folder, stderr=subprocess.PIPE, text=True
    ) as process:
        it = Daemon(process, "")
        try:
            it.url = it.next_event("listening")["url"]
            yield it
        finally:
            process.send_signal(signal.SIGTERM)
            it.wait()


def pools_toml(folder: Path, port: int, *flags: str, name: str = "p") -> Path:
    path = folder / "pools.toml"
    own = ["--host", "{host}", "--port", "{port}", "--model", "{model}", "--sim-life", "60", *flags]
    table = f"[pools.{name}]\nbinary = {json.dumps(str(ENGINE))}\nflags = {json.dumps(own)}\nmodel = 'm.gguf'\nport = {port}\n"
    path.write_text(path.read_text() + table if path.exists() else table)
    return path
