"""Work that is done in forks of this process: what is imported here need not be imported there."""

import gc
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

_FORKS = multiprocessing.get_context("fork")
_SAID = "said.txt"
_LOOK = 1.0
"""Seconds between two looks at how long the work takes."""

Work = Callable[[Path], int]
"""Is given a folder of its own, in which it runs, and returns its exit code or ends with SystemExit."""


@dataclass(frozen=True)
class Ended:
    """How a work ended. ``folder`` is there until the next one is asked for; ``code`` is negative for a signal."""

    name: str
    code: int
    said: str
    seconds: float
    folder: Path


@dataclass(frozen=True)
class _Running:
    process: Any
    folder: "tempfile.TemporaryDirectory[str]"
    began: float

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def in_forks(works: Mapping[str, Work], *, at_once: int, limit: float) -> Iterator[Ended]:
    """Do all of it, ``at_once`` at a time, and tell of each as it ends; what takes more than ``limit`` seconds is ended."""
    gc.freeze()  # what is here when they begin stays: none of them need look for garbage in it
    waiting = list(works.items())
    running: dict[Any, _Running] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            begun = _begin(*waiting.pop(0))
            running[begun.process.sentinel] = begun
        for sentinel in wait(list(running), _LOOK):
            yield from _end(running.pop(sentinel))
        for overdue in (each for each in running.values() if each.seconds > limit):
            overdue.process.terminate()


def _begin(name: str, work: Work) -> _Running:
    folder = tempfile.TemporaryDirectory(prefix="poolpact-mutant-")
    process = _FORKS.Process(target=_do, args=(work, Path(folder.name)), name=name)
    process.start()
    return _Running(process, folder, time.monotonic())


def _end(ended: _Running) -> Iterator[Ended]:
    seconds = ended.seconds
    ended.process.join()
    with ended.folder as folder:
        said = Path(folder, _SAID).read_text(encoding="utf-8", errors="replace")
        yield Ended(ended.process.name, ended.process.exitcode, said, seconds, Path(folder))


def _do(work: Work, folder: Path) -> None:
    os.chdir(folder)
    said = os.open(_SAID, os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(said, stream)
    sys.stdin = open(os.devnull)  # noqa: SIM115
    sys.exit(work(folder))
