"""How a process ended."""

import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """``returncode`` is negative for a signal; None where the system cannot tell."""

    returncode: int | None

    @property
    def ok(self) -> bool:
        """True for exit code 0."""
        return self.returncode == 0

    def __str__(self) -> str:
        if self.returncode is None:
            return "exit status unknown"
        if self.returncode >= 0:
            return f"exit code {self.returncode}"
        return f"signal {signal_name(-self.returncode)}"


def signal_name(number: int) -> str:
    """``SIGKILL`` for 9; the number itself where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
