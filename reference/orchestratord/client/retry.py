"""Which failures are worth another try, and when. Pure: the random number is passed in (OR-RETRY-1)."""

from orchestratord.errors import ConnectionLost, PoolManagerUnavailable, Unreachable

RETRIES = 2
FIRST_DELAY = 0.1
"""Seconds; doubles with every further try. The jitter takes up to half of it away."""

_SAFE_METHODS = frozenset({"GET", "HEAD"})


def is_safe(method: str) -> bool:
    """Whether repeating the call does no work twice."""
    return method in _SAFE_METHODS


def retry_delay(method: str, tries: int, failure: PoolManagerUnavailable, time_left: float, chance: float) -> float | None:
    """Seconds to wait before another try after ``tries`` of them failed, the last with ``failure``; None to give up.

    ``time_left`` is what remains of the deadline, in seconds; ``chance`` is a random number of [0, 1).
    """
    if not is_safe(method) or tries > RETRIES or not isinstance(failure, Unreachable | ConnectionLost):
        return None
    delay = FIRST_DELAY * 2 ** (tries - 1) * (1 - chance / 2)
    return delay if delay < time_left else None
