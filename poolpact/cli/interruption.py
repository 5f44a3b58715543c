"""Being told to end before the end: by Ctrl-C, or by whoever ended the CI job."""

import signal
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any, Self

INTERRUPTED = 130
"""The exit code of a program that ended on Ctrl-C."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_KILLED = 128
"""What a shell adds to the number of the signal that ended a program."""


class Interruption(AbstractContextManager["Interruption"]):
    """Between ``__enter__`` and ``__exit__`` SIGINT and SIGTERM raise KeyboardInterrupt. A signal that is ignored stays so."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._note) for number in heeded}
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._number = self._number or number
        raise KeyboardInterrupt

    @property
    def exit_code(self) -> int | None:
        """130 after SIGINT, 143 after SIGTERM; None as long as neither came."""
        return None if self._number is None else _KILLED + self._number
