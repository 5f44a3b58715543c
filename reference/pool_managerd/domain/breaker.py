"""The breaker: restarts that keep failing are given up for a while (PM-SUP-4, PM-SUP-5)."""

from enum import StrEnum


class BreakerState(StrEnum):
    """What the status tells of the breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    """One trial is under way."""


class Breaker:
    """Opens after ``failures`` in a row, for ``timeout`` seconds; a trial that fails opens it for twice as long as before.

    It is never open for more than ``longest`` seconds; ``open_until`` says when it may be tried. ``now`` is the caller's
    monotonic time in seconds.
    """

    def __init__(self, failures: int, timeout: float, longest: float) -> None:
        self.state = BreakerState.CLOSED
        self.open_until: float | None = None
        self._most = failures
        self._timeout = timeout
        self._longest = longest
        self._failures = 0
        self._wait = timeout

    def fail(self, now: float) -> float | None:
        """An engine failed, the one of a trial included; return until when there is no restart, or None while it stays closed."""
        self._failures += 1
        if self.state is BreakerState.HALF_OPEN:
            self._wait *= 2.0
        elif self._failures < self._most:
            return None
        self._wait = min(self._wait, self._longest)
        self.state = BreakerState.OPEN
        self.open_until = now + self._wait
        return self.open_until

    def begin_trial(self) -> None:
        """The one engine that is let through begins."""
        self.state = BreakerState.HALF_OPEN
        self.open_until = None

    def close(self) -> None:
        """An engine was stable, or a person says that the cause is gone."""
        self.state = BreakerState.CLOSED
        self.open_until = None
        self._failures = 0
        self._wait = self._timeout
