"""How far a check is: a live line on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from poolpact.ledger import Entry

_SIGNS = {"failed": "failed", "blocked": "not exercised", "harness error": "harness error"}
_PARTS = 5
"""In a log, so many times is told how far it is."""


class CheckProgress(AbstractContextManager["CheckProgress"]):
    """Shows the scenarios of one check as they end, on what is stderr now: behave captures what scenarios print there."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._console = Console(file=self._stream, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[trouble]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
            # Workers are forks of this process: what they print must not wait for a bar that is only here.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._total = self._done = self._bad = 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, total: int, profiles: Sequence[str]) -> "CheckProgress":
        """``total`` scenarios of ``profiles`` are to come."""
        self._total = total
        what = f"{total} scenarios of {', '.join(profiles)}"
        if self._console.is_terminal:
            self._task = self._bar.add_task("judging", total=total, trouble="")
        else:
            print(f"judging: {what}", file=self._stream, flush=True)
        return self

    def __call__(self, entry: Entry) -> None:
        """One scenario is over."""
        if entry.kind == "profile":
            return
        self._done += 1
        if entry.outcome in _SIGNS:
            self._bad += 1
        if self._console.is_terminal:
            trouble = f"{self._bad} did not pass" if self._bad else ""
            self._bar.update(self._task, advance=1, trouble=trouble)
            return
        if entry.outcome in _SIGNS:
            print(f"  {_SIGNS[entry.outcome]}: {entry.scenario_id}", file=self._stream, flush=True)
        if self._done * _PARTS // max(self._total, 1) > (self._done - 1) * _PARTS // max(self._total, 1):
            seconds = time.monotonic() - self._began
            print(f"  {self._done} of {self._total}, {self._bad} did not pass, {seconds:.0f} s", file=self._stream, flush=True)
