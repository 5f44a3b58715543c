"""How long to wait before the next restart (PM-SUP-2)."""

JITTER = 0.1
"""The share of a delay by which it may be longer or shorter, so that engines that died together do not return together."""


class Backoff:
    """Delays of ``initial`` · 2ⁿ seconds, at most ``longest``, each up to 10 % longer or shorter."""

    def __init__(self, initial: float, longest: float) -> None:
        self._initial = initial
        self._longest = longest
        self._next = initial

    def delay(self, jitter: float) -> float:
        """The next delay in seconds; ``jitter`` from -1 to 1 says where in the ±10 % it lies. Raises ValueError beyond."""
        if not -1.0 <= jitter <= 1.0:
            raise ValueError(f"a jitter is -1 to 1, not {jitter}")
        delay = min(self._next, self._longest)
        self._next = delay * 2.0
        return delay * (1.0 + JITTER * jitter)

    def reset(self) -> None:
        """Begin with ``initial`` again (PM-SUP-3)."""
        self._next = self._initial
