"""The side of the run: it starts workers, hands out scenarios, and is told what became of each."""

import multiprocessing
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import cast

from poolpact.parallel.board import Board
from poolpact.parallel.outcome import Outcome
from poolpact.parallel.worker import Closed, Company, Message, work

END_WITHIN = 30.0
"""Seconds that workers get to end what they started, when they are told to end before their time."""


class Lost(Exception):
    """No worker will tell what became of a scenario; the message says why."""


@dataclass(slots=True)
class _Worker:
    number: int
    process: ForkProcess
    connection: Connection
    output: Path
    has_closed: bool = False


class Crew:
    """``jobs`` workers, forked at ``__enter__``, for scenarios by number; ``groups`` as a :class:`Board` has them.

    A worker that ends before its time loses the scenario it was at. ``complaints`` are lines about workers that ended badly: one
    makes a run red. ``__exit__`` returns when all workers are gone, and what they had started with them.
    """

    def __init__(self, jobs: int, groups: Sequence[Sequence[int]], company: Company, folder: Path) -> None:
        self._jobs = jobs
        self._board = Board(groups)
        self._company = company
        self._folder = folder
        self._workers: list[_Worker] = []
        self._told: dict[int, Outcome | Lost] = {}
        self._is_over = False
        self.complaints: list[str] = []

    def __enter__(self) -> "Crew":
        try:
            for number in range(1, self._jobs + 1):
                self._workers.append(self._start(number))
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, number: int) -> _Worker:
        ours, theirs = multiprocessing.Pipe()
        output = self._folder / f"worker-{number}.out"
        inherited = [*(worker.connection for worker in self._workers), ours]
        process = multiprocessing.get_context("fork").Process(
            target=work, args=(number, self._company, theirs, output, inherited), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(number, process, ours, output)

    def outcome_of(self, scenario: int) -> Outcome:
        """What became of ``scenario``, as soon as it is known; may be asked once. Raises :class:`Lost`."""
        while scenario not in self._told and self._workers:
            self._listen(None)
        told = self._told.pop(scenario, Lost("no worker was there to run it"))
        if isinstance(told, Lost):
            raise told
        return told

    def finish(self) -> None:
        """Wait until the workers, which have nothing left to do, are gone."""
        while self._workers:
            self._listen(None)
        nobodys = [*self._told, *self._board.clear()]
        if nobodys:
            self.complaints.append(f"{len(nobodys)} scenarios were handed out, and nobody asked what became of them")

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        for worker in self._workers:
            worker.process.terminate()
        deadline = time.monotonic() + END_WITHIN
        while self._workers and time.monotonic() < deadline:
            self._listen(max(0.0, deadline - time.monotonic()))
        for worker in list(self._workers):
            worker.process.kill()
            self._dismiss(worker)
            self.complaints.append(f"worker {worker.number} did not end within {END_WITHIN:g} s; what it started may still run")

    def _listen(self, timeout: float | None) -> None:
        workers = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(workers), timeout):
            worker = workers[cast(Connection, connection)]
            try:
                self._hear(worker, worker.connection.recv())
            except (EOFError, OSError):
                self._dismiss(worker)
            except Exception:  # half a message, where the run was interrupted while it read the other half
                if not self._is_over:
                    raise
                self._dismiss(worker)

    def _hear(self, worker: _Worker, message: Message) -> None:
        if isinstance(message, Closed):
            worker.has_closed = True
            return
        if isinstance(message, Outcome):
            scenario = self._board.take_from(worker.number)
            if scenario is not None:
                self._told[scenario] = message
        worker.connection.send(None if self._is_over else self._board.hand_to(worker.number))

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        scenario = self._board.take_from(worker.number)
        if worker.has_closed or self._is_over:
            return
        how = f"worker {worker.number} {_how_it_ended(worker)}"
        if scenario is None:
            self.complaints.append(how)
        else:
            self._told[scenario] = Lost(f"{how} while it ran this scenario")


def _how_it_ended(worker: _Worker) -> str:
    code = worker.process.exitcode or 0
    if code < 0:
        return f"was killed by {next((each.name for each in signal.Signals if each == -code), f'signal {-code}')}"
    lines = worker.output.read_text(encoding="utf-8", errors="replace").strip().splitlines() if worker.output.exists() else []
    return f"ended with exit code {code}" + (f" ({lines[-1].strip()})" if lines else "")
