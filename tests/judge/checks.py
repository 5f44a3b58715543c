"""Runs ``poolpact check`` as its users do, and sees what it leaves behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

POOLPACT = Path(sys.executable).with_name("poolpact")
DAEMON = Path(sys.executable).with_name("pool-managerd")
SUBJECTS = Path(__file__).with_name("subjects.py")
BOUND = 400.0
"""Seconds after which a check hangs."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check said; ``document`` is its report, where it made one, and ``left`` what was still there when it had ended."""

    code: int
    out: str
    err: str
    document: dict[str, Any] | None
    left: tuple[str, ...]

    def verdicts(self, verdict: str) -> list[str]:
        """The requirements with this verdict."""
        assert self.document is not None, self.err
        return [each["id"] for each in self.document["requirements"] if each["verdict"] == verdict]

    @property
    def is_refused(self) -> bool:
        """Whether it could not judge, said so in one line and nothing else, and left nothing."""
        is_one_line = self.err.startswith("poolpact: ") and self.err.count("\n") == 1
        return self.code == 2 and self.out == "" and is_one_line and self.left == ()

    def assert_judged(self, *passed: str) -> None:
        """It came to a bad verdict for what the subject did, without losing its head; nothing but ``passed`` passed."""
        assert "Traceback" not in self.out + self.err, self.out + self.err
        assert self.verdicts("harness_error") == [], self.out
        assert self.verdicts("passed") == list(passed)
        assert self.code == 1, self.err
        assert self.document is not None
        assert self.document["verdict"] in ("not conformant", "incomplete")
        assert self.left == ()


class Check:
    """A check that runs, in an empty folder of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        folder.mkdir()
        self._folder = folder
        report = ["--report", str(folder / "report")]
        environment = {**os.environ, "TMPDIR": str(folder)}
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            command = [str(POOLPACT), "check", *arguments, *report]
            self._process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)

    def wait_for(self, text: str) -> None:
        """Return when it has said ``text`` on stderr."""
        self.wait_until(lambda: text in self._text("err"))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return when ``condition`` holds."""
        deadline = time.monotonic() + BOUND
        while not condition():
            assert self._process.poll() is None, self._text("err")
            assert time.monotonic() < deadline, self._text("err")
            time.sleep(0.02)

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self) -> Checked:
        """What it said and left when it has ended."""
        try:
            code = self._process.wait(BOUND)
        finally:
            self._process.kill()
            self._process.wait()
            left = list(self._left())
            for process in self._processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        report = self._folder / "report" / "conformance.json"
        document = json.loads(report.read_text(encoding="utf-8")) if report.exists() else None
        return Checked(code, self._text("out"), self._text("err"), document, tuple(left))

    def _text(self, name: str) -> str:
        return (self._folder / name).read_text(encoding="utf-8", errors="replace")

    def _left(self) -> Iterator[str]:
        yield from (f"{path}" for path in self._folder.glob("poolpact-*"))
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                yield f"{process.pid}: {' '.join(process.cmdline())}"

    def _processes(self) -> Iterator[psutil.Process]:
        """Those that have the folder in their environment or in their command line: the check, its subjects, their engines."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                told = [*process.cmdline(), *process.environ().values()]
                if any(each == str(self._folder) or f"{self._folder}/" in each for each in told):
                    yield process


def check(folder: Path, *arguments: str) -> Checked:
    """Run one to its end."""
    return Check(folder, *arguments).end()


def command(kind: str, *told: str) -> str:
    """The command that starts the subject of ``kind``."""
    return " ".join([sys.executable, str(SUBJECTS), kind, "{addr}", *told])


@contextlib.contextmanager
def running(*kinds: str) -> Iterator[Sequence[str]]:
    """The URLs of subjects that run, one of each kind."""
    processes = [
        subprocess.Popen([sys.executable, SUBJECTS, kind, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) for kind in kinds
    ]
    try:
        yield [process.stdout.readline().strip() for process in processes if process.stdout is not None]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
