"""Processes: a subject is started with its output in a file, and ended with whatever it left in its group."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from poolpact.errors import PoolpactError


class NotExecutable(PoolpactError):
    """The program of a subject cannot be executed; the message says why."""


def run_logged(
    argv: Sequence[str], environment: Mapping[str, str], log_path: Path, folder: Path | None = None
) -> "subprocess.Popen[bytes]":
    """Start ``argv`` in a session of its own, in ``folder``; what it prints goes to ``log_path``. Raises NotExecutable."""
    try:
        with log_path.open("wb") as log:
            return subprocess.Popen(
                argv,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise NotExecutable(f"{argv[0]!r} cannot be executed: {error.strerror or error}") from None


async def end_all(processes: Sequence["subprocess.Popen[bytes]"], within: float) -> None:
    """SIGTERM to each, and SIGKILL to what is left of its group when it is gone, or ``within`` seconds after the beginning."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + within
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait)


def process_runs(pid: int) -> bool:
    """Whether the process ``pid`` runs; a zombie does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
