"""What was recorded while a scenario ran: every exchange with the subject, and the tail of its log.

The code that makes exchanges finds the transcript of the scenario that runs without being handed it; see :func:`begin_recording`.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from poolpact.notices.notice import Notice
from poolpact.patience import BRIEF_EXCHANGE, BRIEF_WAIT

Party = Literal["judge", "subject"]

LONGEST_BODY = 4000
"""Bytes of a body that are kept."""
MOST_EXCHANGES = 400
"""Exchanges of one scenario that are kept: the first half of them, and the last."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. ``at`` and ``seconds`` are monotonic seconds; ``status`` is None where no answer came.

    ``url`` is the base URL that was asked; header names are lower-case; bodies are cut at LONGEST_BODY.
    """

    at: float
    sender: Party
    url: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    status: int | None = None
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer_body: bytes | bytearray = b""
    error: str = ""


@dataclass(slots=True)
class Transcript:
    """The exchanges of a scenario in their order. After ``deadline``, in monotonic seconds as ``began``, none begins.

    ``is_brief`` is whether the scenario waits only briefly, see :mod:`poolpact.patience`. ``in_vain`` becomes true when something
    that it waited for did not come, ``was_cut`` when that was not waited for as long as it may take. ``counted`` is how many
    exchanges there were by the URL that was asked, ``answers`` how many of them were answered by URL, method, target and status:
    none is left out of these, however few are kept.
    """

    began: float
    deadline: float
    is_brief: bool = False
    in_vain: bool = False
    was_cut: bool = False
    counted: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, str, str, int]] = field(default_factory=Counter)
    _first: list[Exchange] = field(default_factory=list)
    _last: deque[Exchange] = field(default_factory=lambda: deque(maxlen=MOST_EXCHANGES // 2))

    def add(self, exchange: Exchange) -> None:
        """One more."""
        self.counted[exchange.url] += 1
        if exchange.status is not None:
            self.answers[exchange.url, exchange.method, exchange.target, exchange.status] += 1
        (self._first if len(self._first) < MOST_EXCHANGES // 2 else self._last).append(exchange)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """Those that are kept, in their order."""
        return [*self._first, *self._last]


def abridged(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """As many of ``exchanges`` as a transcript keeps, and the same ones."""
    half = MOST_EXCHANGES // 2
    return exchanges if len(exchanges) <= MOST_EXCHANGES else [*exchanges[:half], *exchanges[-half:]]


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a scenario that ran. ``seconds`` is how long it took.

    ``exchanges`` is how many the judge had with the subject, whose answers ``answers`` counts by method, target and status.
    ``transcript`` and ``logs``, the ends of what the subjects logged, each cut anywhere, are empty for a scenario that passed,
    unless they were asked for. ``notices`` are what a subject did wrong besides, ``secrets`` what no report may show.
    """

    seconds: float
    exchanges: int
    answers: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    transcript: tuple[Exchange, ...] = ()
    logs: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    secrets: frozenset[str] = frozenset()
    began: float = 0.0
    steps: tuple[tuple[str, str], ...] = ()
    """Each step and what became of it: ``passed``, ``failed`` or ``skipped``."""


_current: ContextVar[Transcript | None] = ContextVar("transcript", default=None)


def begin_recording(transcript: Transcript | None) -> None:
    """From now on, in this context and those made from it, exchanges are recorded in ``transcript``."""
    _current.set(transcript)


def record(exchange: Exchange) -> None:
    """Add ``exchange`` to the transcript of the scenario that runs, where there is one."""
    transcript = _current.get()
    if transcript is not None:
        transcript.add(exchange)


@contextmanager
def unrecorded() -> Iterator[None]:
    """What happens here is an exchange of the judge with its own parts."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def time_left(longest: float) -> float:
    """Seconds that an exchange may take: ``longest``, or what is left of the scenario's time."""
    return _left(longest, BRIEF_EXCHANGE)


def wait_left(longest: float, brief: float = BRIEF_WAIT) -> float:
    """The same for what is waited for over several exchanges, or without any; ``brief`` where that is waited for briefly."""
    return _left(longest, brief)


def _left(longest: float, brief: float) -> float:
    transcript = _current.get()
    if transcript is None:
        return longest
    return max(0.0, min(longest, brief if transcript.is_brief else longest, transcript.deadline - time.monotonic()))


def waited_in_vain(seconds: float, longest: float) -> None:
    """What the scenario that runs waited for did not come within ``seconds``; it may take ``longest``."""
    transcript = _current.get()
    if transcript is not None:
        transcript.in_vain = True
        transcript.was_cut = transcript.was_cut or seconds < longest
