"""The side of a worker: a process that runs the scenarios it is given, and sends what became of each."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from poolpact.parallel.outcome import Outcome

Play = Callable[[int], Outcome]
"""Runs the scenario of a number."""
Company = Callable[[int], AbstractContextManager[Play]]
"""What the worker of a number needs to run scenarios, until it is left."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The first message of a worker: it has everything to run scenarios."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The last message of a worker that ended what it had started."""


Message = Ready | Outcome | Closed


def work(number: int, company: Company, connection: Connection, output: Path, of_the_run: Sequence[Connection]) -> None:
    """Run what comes over ``connection`` until None comes, or SIGTERM, or the end of the run itself.

    ``output`` gets all that this process prints. ``of_the_run`` are the run's ends of the connections to workers, inherited by
    the fork: they are closed, lest a worker does not notice that the run is gone.
    """
    for inherited in of_the_run:
        inherited.close()
    signal.signal(signal.SIGINT, _pass_over)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _print_into(output)
    try:
        with company(number) as play:
            try:
                _take_turns(play, connection, output)
            finally:
                signal.signal(signal.SIGTERM, _pass_over)
        connection.send(Closed())
    except (KeyboardInterrupt, EOFError, BrokenPipeError, ConnectionResetError):
        sys.exit(1)


def _take_turns(play: Play, connection: Connection, output: Path) -> None:
    with output.open(encoding="utf-8", errors="replace") as printed:
        connection.send(Ready())
        while (scenario := connection.recv()) is not None:
            outcome = play(scenario)
            sys.stdout.flush()
            sys.stderr.flush()
            connection.send(replace(outcome, printed=printed.read()))


def _pass_over(_signal: int, _frame: object) -> None:
    """The run says when to end: Ctrl-C reaches every process of a terminal, and what closes is not to be hurried.

    A handler, since a signal that is ignored stays ignored in the programs that are started.
    """


def _print_into(output: Path) -> None:
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
