"""Mutants as forks of their judge: what both of them import is imported once for all."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import orchestratord.cli
import pool_managerd.cli
from poolpact.targets.processes import run_logged
from tests.mutants.daemon.catalogue import MUTANTS as DAEMONS
from tests.mutants.orchestrator.catalogue import MUTANTS as ORCHESTRATORS

_FIRST_INHERITED = 3
_PROGRAMS = {
    "tests.mutants.daemon": (DAEMONS, pool_managerd.cli.main),
    "tests.mutants.orchestrator": (ORCHESTRATORS, orchestratord.cli.main),
}


class Forked:
    """As much of :class:`subprocess.Popen` as the judge of a subject needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            self._reap()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, as soon as it has one; raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0.0)
            self._reap()
        return self.returncode or 0

    def _reap(self) -> None:
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        os.close(self._handle)

    def send_signal(self, number: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def run_forked(
    argv: Sequence[str], environment: Mapping[str, str], log_path: Path, folder: Path | None = None
) -> "subprocess.Popen[bytes] | Forked":
    """Start a mutant as a fork of this process, and anything else as the judge does."""
    if list(argv[:2]) != [sys.executable, "-m"] or argv[2] not in _PROGRAMS:
        return run_logged(argv, environment, log_path, folder)
    pid = os.fork()
    if not pid:
        _become(argv[2], argv[3], argv[4:], environment, log_path)
    return Forked(pid)


def _become(program: str, name: str, arguments: Sequence[str], environment: Mapping[str, str], log_path: Path) -> NoReturn:
    """Be the mutant ``name``, and nothing of the judge, to the end of this process."""
    code = 1
    try:
        os.setsid()
        _leave_files(log_path)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
        os.environ.clear()
        os.environ.update(environment)
        mutants, main = _PROGRAMS[program]
        sys.argv = [program, *arguments]
        mutants[name].apply()
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _leave_files(log_path: Path) -> None:
    """Print into ``log_path``; what the judge has open is closed, but keeps its numbers: objects of the judge may close them."""
    nothing = os.open(os.devnull, os.O_RDWR)
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for inherited in map(int, os.listdir("/proc/self/fd")):
        if inherited >= _FIRST_INHERITED and inherited not in (nothing, log):
            with contextlib.suppress(OSError):
                os.fstat(inherited)
                os.dup2(nothing, inherited, inheritable=False)
    for standard, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, standard)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
