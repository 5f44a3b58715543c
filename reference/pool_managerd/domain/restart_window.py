"""How many restarts there may be in a stretch of time, whatever becomes of each (PM-SUP-6)."""

from collections import deque


class RestartWindow:
    """At most ``most`` (1 or more) restarts in any ``seconds``. Times are the caller's monotonic seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._seconds = seconds
        self._last: deque[float] = deque(maxlen=most)

    def add(self, now: float) -> None:
        """A restart begins."""
        self._last.append(now)

    def earliest(self, wanted: float) -> float:
        """``wanted``, or when the window has room again, if that is later."""
        if len(self._last) < (self._last.maxlen or 1):
            return wanted
        return max(wanted, self._last[0] + self._seconds)

    def clear(self) -> None:
        """Forget the restarts so far."""
        self._last.clear()
