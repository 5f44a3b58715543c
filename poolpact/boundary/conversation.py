"""The orchestrator's own API as a caller sees it: the health of a pool, and the stream of a task."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from poolpact.event_stream import SseEvent
from poolpact.expectation import expect
from poolpact.targets.base import Answer, EventSource, OrchestratorTarget

PATIENCE = 5.0
"""Seconds within which the next event of a stream has to come."""
PATIENCE_IN_ALL = 60.0
"""Seconds within which a stream has to end, however often it says something."""
MOST_EVENTS = 1000
"""Events, besides the tokens that were asked for, after which a stream of a task will never end."""
DEFAULT_TOKENS = 3
_LONGEST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class PoolHealth:
    """What an orchestrator says of a pool. ``elapsed`` is in seconds."""

    live: bool
    ready: bool
    draining: bool
    queue_depth: int
    last_error: str | None
    source: str
    elapsed: float

    @classmethod
    def of(cls, answer: Answer) -> "PoolHealth":
        """Read ``answer``; an AssertionError when it is not the health of a pool."""
        expect(answer.status == 200, f"{answer.request}: expected 200, got {answer.status}: {answer.body[:200]!r}")
        said = answer.json()
        expect(isinstance(said, dict), f"{answer.request}: not an object: {shown(said)}")
        metrics = said.get("metrics")
        members: dict[str, Any] = {name: said.get(name) for name in _HEALTH_TYPES}
        members["queue_depth"] = metrics.get("queue_depth") if isinstance(metrics, dict) else None
        wrong = [f"{name} is {shown(members[name])}" for name, fits in _HEALTH_TYPES.items() if type(members[name]) not in fits]
        expect(not wrong, f"{answer.request}: {'; '.join(wrong)} in {shown(said)}")
        return cls(**members, elapsed=answer.elapsed)

    def __repr__(self) -> str:
        depth, cause, source = shown(self.queue_depth), shown(self.last_error), shown(self.source)
        draining = ", draining" if self.draining else ""
        return f"{self.condition}{draining}, {depth} tasks under way, last_error {cause}, source {source}"

    @property
    def condition(self) -> str:
        """``live`` and ``ready`` in words."""
        return f"{'live' if self.live else 'not live'} and {'ready' if self.ready else 'not ready'}"

    @property
    def saying(self) -> tuple[object, ...]:
        """All that it says of the pool itself."""
        return self.live, self.ready, self.draining, self.queue_depth, self.last_error


_HEALTH_TYPES: dict[str, tuple[type, ...]] = {
    "live": (bool,),
    "ready": (bool,),
    "draining": (bool,),
    "queue_depth": (int,),
    "last_error": (str, type(None)),
    "source": (str,),
}


def shown(said: object) -> str:
    """What a subject ``said``, in one line that is not endless."""
    text = repr(said)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def encoded(pool_id: str) -> str:
    """``pool_id`` as one segment of a path: no dot segment either."""
    segment = quote(pool_id, safe="")
    return segment.replace(".", "%2E") if set(segment) == {"."} else segment


async def ask_health(orchestrator: OrchestratorTarget, pool_id: str) -> PoolHealth:
    """The health of a pool; an AssertionError when the answer is none."""
    return PoolHealth.of(await orchestrator.send("GET", f"/v1/pools/{encoded(pool_id)}/health"))


async def leave_task(
    orchestrator: OrchestratorTarget, pool_id: str, *, prompt: str = "hello", max_tokens: int = DEFAULT_TOKENS
) -> "Work":
    """Leave a task for a pool; its stream is not opened yet."""
    body = json.dumps({"pool_id": pool_id, "prompt": prompt, "max_tokens": max_tokens}).encode()
    answer = await orchestrator.send("POST", "/v1/tasks", body=body, headers={"content-type": "application/json"})
    expect(answer.status == 202, f"{answer.request}: expected 202, got {answer.status}: {answer.body[:200]!r}")
    said = answer.json()
    task_id = said.get("task_id") if isinstance(said, dict) else None
    if not isinstance(task_id, str) or not _is_unicode(task_id):
        raise AssertionError(f"{answer.request}: no task_id in {answer.body[:200]!r}")
    return Work(orchestrator, task_id, max_tokens)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(slots=True)
class Work:
    """A task and what its stream said so far; ``refusal`` is why it was not taken, or its stream not opened."""

    orchestrator: OrchestratorTarget
    task_id: str
    max_tokens: int
    events: list[SseEvent] = field(default_factory=list)
    ended: bool = False
    refusal: AssertionError | None = None
    _stream: EventSource | None = None
    _ends_by: float = 0.0

    async def open(self) -> None:
        """Open the stream; an AssertionError when that is refused."""
        opened = await self.orchestrator.open_stream(self.task_id)
        if isinstance(opened, Answer):
            raise AssertionError(f"the stream was refused with {opened.status}: {opened.body[:200]!r}")
        self._stream = opened
        self._ends_by = time.monotonic() + PATIENCE_IN_ALL

    async def try_to_open(self) -> None:
        """The same; that it was refused is for whoever reads the stream to judge."""
        try:
            await self.open()
        except AssertionError as refusal:
            self.refusal = refusal

    async def _next(self) -> SseEvent | None:
        if self.refusal is not None:
            raise self.refusal
        if self._stream is None:
            await self.open()
        if self._stream is None or self.ended:
            return None
        most = MOST_EVENTS + self.max_tokens
        expect(len(self.events) < most, f"the stream goes on and on: {most} events, the last {shown(self.events[-1:])}")
        expect(time.monotonic() < self._ends_by, f"the stream did not end within {PATIENCE_IN_ALL:g} s")
        event = await self._stream.next(within=PATIENCE)
        if event is None:
            self.ended = True
        else:
            self.events.append(event)
        return event

    async def until_token(self) -> None:
        """Read up to the first token, or to the end where there is none."""
        while not self.tokens and not self.ended:
            await self._next()

    async def until_decided(self) -> None:
        """Read until the orchestrator decided: a first token, an error, or the end."""
        while not self.tokens and not self.errors and not self.ended:
            await self._next()

    async def to_the_end(self) -> "Work":
        """Read everything."""
        while not self.ended:
            await self._next()
        return self

    async def hang_up(self) -> None:
        """Close the stream before its end."""
        if self._stream is not None:
            self.ended = True
            await self._stream.close()

    # --- what it said ---

    @property
    def names(self) -> list[str]:
        """The names of its events."""
        return [event.event for event in self.events]

    @property
    def tokens(self) -> list[dict[str, Any]]:
        """The data of its tokens."""
        return [_object(event) for event in self.events if event.event == "token"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The data of its errors."""
        return [_object(event) for event in self.events if event.event == "error"]

    @property
    def told(self) -> str:
        """Its events, in one line that is not endless."""
        return shown([(event.event, event.data) for event in self.events])

    def assert_delivered(self) -> None:
        """All tokens came, in order, and the end says how many."""
        count = self.max_tokens
        expect(self.names == ["started", *["token"] * count, "end"], f"expected started, {count} tokens, end; got {self.told}")
        expect([token.get("i") for token in self.tokens] == list(range(count)), f"tokens out of order: {self.told}")
        expect(all(isinstance(token.get("t"), str) for token in self.tokens), f"a token without text: {self.told}")
        tokens_out = _object(self.events[-1]).get("tokens_out")
        expect(tokens_out == count, f"the end says {shown(tokens_out)} tokens, not {count}")

    def assert_refused(self) -> None:
        """One error PoolUnready with a time to try again, and then the end; not a token."""
        expect(self.names == ["error", "end"], f"expected error, end; got {self.told}")
        error = self.errors[0]
        expect(error.get("code") == "PoolUnready", f"expected PoolUnready, got {shown(error)}")
        message, retry = error.get("message"), error.get("retry_after_ms")
        expect(isinstance(message, str) and message != "", f"expected a message, got {shown(error)}")
        expect(type(retry) is int and retry > 0, f"expected a time to try again, got {shown(error)}")


def _object(event: SseEvent) -> dict[str, Any]:
    """The data of ``event``; an AssertionError where they are no object."""
    if not isinstance(event.data, dict):
        raise AssertionError(f"the data of the event {event.event} are no JSON object: {shown(event.data)}")
    return event.data
