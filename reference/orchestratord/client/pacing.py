"""How often a pool manager that is down may be bothered (OR-RETRY-2, OR-RETRY-3).

Pure: times are passed in, in monotonic seconds. Every exchange is an attempt. An attempt that was answered, whatever the answer,
does not count; of the others at most ``MOST_A_SECOND`` begin in any second, so that is all a daemon that is down ever sees.
While it is believed to be down one attempt may probe it every ``PROBE_INTERVAL``; whoever asks in between gets the outcome of the
probe under way, or the last failure. A second after the last failed attempt nothing stands in the way of the next one.
"""

from collections import deque
from dataclasses import dataclass
from itertools import count

from orchestratord.errors import PoolManagerUnavailable

MOST_A_SECOND = 4
"""One less than a daemon may see: what begins in time may arrive late."""
PROBE_INTERVAL = 0.25
"""Seconds."""
_SECOND = 1.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """Leave to begin one exchange."""

    number: int
    began_at: float


@dataclass(frozen=True, slots=True)
class Wait:
    """No leave yet: ask again at ``until``, or when an attempt ended."""

    until: float


@dataclass(frozen=True, slots=True)
class Refuse:
    """No leave: ``cause`` is what the last attempt met."""

    cause: PoolManagerUnavailable


class Pacer:
    """Decides on the attempts of one client."""

    def __init__(self) -> None:
        self._numbers = count()
        self._under_way: set[Attempt] = set()
        self._unanswered: deque[Attempt] = deque()
        self._cause: PoolManagerUnavailable | None = None
        self._last_answer_to = -1

    @property
    def is_down(self) -> bool:
        """Whether the last thing that is known of the daemon is a failure."""
        return self._cause is not None

    def ask(self, now: float, *, asked_at: float, is_retry: bool = False) -> Attempt | Wait | Refuse:
        """Leave to begin an exchange now, or what to do instead.

        ``asked_at`` is when the caller first asked. A retry need not keep the interval between probes.
        """
        while self._unanswered and now - self._unanswered[0].began_at >= _SECOND:
            self._unanswered.popleft()
        room_at = self._unanswered[0].began_at + _SECOND if len(self._unanswered) >= MOST_A_SECOND else now
        if self._cause is None:
            return Wait(room_at) if room_at > now else self._begin(now)
        last = self._unanswered[-1] if self._unanswered else None
        next_probe_at = max(room_at, last.began_at + PROBE_INTERVAL if last and not is_retry else now)
        if next_probe_at <= now:
            return self._begin(now)
        if last and last in self._under_way and now - asked_at < PROBE_INTERVAL:
            return Wait(next_probe_at)
        return Refuse(self._cause)

    def _begin(self, now: float) -> Attempt:
        attempt = Attempt(next(self._numbers), now)
        self._under_way.add(attempt)
        self._unanswered.append(attempt)
        return attempt

    def answered(self, attempt: Attempt) -> None:
        """``attempt`` was answered: the daemon is up."""
        self._under_way.discard(attempt)
        if attempt in self._unanswered:
            self._unanswered.remove(attempt)
        self._last_answer_to = max(self._last_answer_to, attempt.number)
        self._cause = None

    def failed(self, attempt: Attempt, cause: PoolManagerUnavailable) -> None:
        """``attempt`` failed: the daemon is down, unless a later one was answered."""
        self._under_way.discard(attempt)
        if attempt.number > self._last_answer_to:
            self._cause = cause

    def abandoned(self, attempt: Attempt) -> None:
        """The caller gave up on ``attempt`` before anything was known."""
        self._under_way.discard(attempt)
