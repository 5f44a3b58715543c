import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from poolpact.parallel.crew import Crew
from poolpact.parallel.outcome import Outcome
from poolpact.parallel.worker import Play


@contextmanager
def idle_company(number: int) -> Iterator[Play]:
    def play(scenario: int) -> Outcome:
        raise NotImplementedError

    yield play


class HalfRead:
    """A connection of which the first half of a message was read."""

    def __init__(self, connection: object) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def recv(self) -> object:
        raise pickle.UnpicklingError("invalid load key")


def half_told(crew: Crew) -> None:
    for worker in crew._workers:
        worker.connection = HalfRead(worker.connection)  # type: ignore[assignment]


def test_a_run_that_is_interrupted_while_it_is_told_something_ends_its_workers(tmp_path: Path) -> None:
    with Crew(2, [], idle_company, tmp_path) as crew:
        workers = list(crew._workers)
        half_told(crew)
    assert [worker.process.is_alive() for worker in workers] == [False, False]
    assert crew.complaints == []


def test_what_cannot_be_understood_is_no_silent_end(tmp_path: Path) -> None:
    with Crew(1, [[1]], idle_company, tmp_path) as crew:
        half_told(crew)
        with pytest.raises(pickle.UnpicklingError):
            crew.outcome_of(1)
