"""What came in over the lines of a run: who connected when, what was asked, and what was answered. Nothing of it is forgotten."""

import time
from collections import deque
from dataclasses import dataclass

from poolpact.account import LONGEST_BODY, Exchange
from poolpact.faults.wire import Reply, Request

MOST_KEPT = 20_000
"""Questions, and connections, that are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A connection that came in on the line ``url`` at ``at``, in monotonic seconds."""

    url: str
    at: float


@dataclass(frozen=True, slots=True)
class Question:
    """One request and what became of it.

    ``connection`` is its number on its line. ``fault`` is the name of what happened to it on purpose, empty where nothing did.
    Where no answer came, the exchange lasts until its connection ended, or until now. ``elsewhere``: it reached a bystander.
    """

    exchange: Exchange
    connection: int
    fault: str
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """The time, in monotonic seconds, in which the fault called ``fault`` happened to every request on the line ``url``."""

    url: str
    fault: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Chapter:
    """What was noted between ``began`` and ``ended``, in monotonic seconds; each kind oldest first."""

    began: float
    ended: float
    questions: tuple[Question, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    outages: tuple[Outage, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything that was asked."""
        return tuple(question.exchange for question in self.questions)


@dataclass(slots=True)
class Note:
    """A question while it is dealt with."""

    url: str
    request: Request
    fault: str
    elsewhere: bool
    reply: Reply | None = None
    ended: float | None = None

    def end(self, reply: Reply | None) -> None:
        """``reply`` was given, or None: no whole answer, and the connection is over."""
        self.reply, self.ended = reply, time.monotonic()

    def question(self, now: float) -> Question:
        """What is known of it at ``now``."""
        request, reply = self.request, self.reply
        why = f" ({self.fault}, as the scenario has it)" if self.fault else ""
        exchange = Exchange(
            at=request.at,
            sender="subject",
            url=self.url,
            method=request.method,
            target=request.target,
            headers=dict(request.headers),
            body=request.body[:LONGEST_BODY],
            seconds=(now if self.ended is None else self.ended) - request.at,
            status=None if reply is None else reply.status,
            answer_headers={} if reply is None else {name.lower(): value for name, value in reply.headers.items()},
            answer_body=b"" if reply is None else reply.body[:LONGEST_BODY],
            error="" if reply is not None else f"no whole answer was given{why}",
        )
        return Question(exchange, request.connection, self.fault, self.elsewhere)


class Journal:
    """Kept by the fault proxies of a run, and by its bystanders."""

    def __init__(self) -> None:
        self._notes: deque[Note] = deque(maxlen=MOST_KEPT)
        self._arrivals: deque[Arrival] = deque(maxlen=MOST_KEPT)
        self._outages: list[Outage] = []
        self._under_way: dict[str, tuple[str, float]] = {}

    def arrive(self, url: str) -> Arrival:
        """Somebody connected to ``url`` just now."""
        arrival = Arrival(url, time.monotonic())
        self._arrivals.append(arrival)
        return arrival

    def ask(self, url: str, request: Request, fault: str = "", *, elsewhere: bool = False) -> Note:
        """``request`` came in; see :class:`Question`."""
        note = Note(url, request, fault, elsewhere)
        self._notes.append(note)
        return note

    def begin_outage(self, url: str, fault: str) -> None:
        """From now on ``fault`` happens to every request on the line ``url``."""
        self.end_outage(url)
        self._under_way[url] = fault, time.monotonic()

    def end_outage(self, url: str) -> None:
        """Nothing is wrong with the line ``url`` any more."""
        if url in self._under_way:
            fault, began = self._under_way.pop(url)
            self._outages.append(Outage(url, fault, began, time.monotonic()))

    def since(self, moment: float) -> Chapter:
        """What came in from ``moment`` on, in monotonic seconds; an outage counts when it ended later."""
        now = time.monotonic()
        last = [Outage(url, fault, began, now) for url, (fault, began) in self._under_way.items()]
        return Chapter(
            began=moment,
            ended=now,
            questions=tuple(note.question(now) for note in self._notes if note.request.at >= moment),
            arrivals=tuple(arrival for arrival in self._arrivals if arrival.at >= moment),
            outages=tuple(outage for outage in [*self._outages, *last] if outage.ended >= moment),
        )
