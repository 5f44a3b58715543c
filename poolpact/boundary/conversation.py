"""The orchestrator's own API as a caller sees it: the health of a pool, and the stream of a task."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from poolpact.expectation import expect
from poolpact.targets.base import Answer, OrchestratorTarget, SseEvent, TaskStream

PATIENCE = 5.0
"""Seconds within which the next event of a stream has to come."""
DEFAULT_TOKENS = 3


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
        expect(isinstance(said, dict), f"{answer.request}: not an object: {said!r}")
        metrics = said.get("metrics")
        members: dict[str, Any] = {name: said.get(name) for name in _HEALTH_TYPES}
        members["queue_depth"] = metrics.get("queue_depth") if isinstance(metrics, dict) else None
        wrong = [f"{name} is {members[name]!r}" for name, fits in _HEALTH_TYPES.items() if type(members[name]) not in fits]
        expect(not wrong, f"{answer.request}: {'; '.join(wrong)} in {said!r}")
        return cls(**members, elapsed=answer.elapsed)

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
    task_id = answer.json().get("task_id")
    expect(isinstance(task_id, str), f"{answer.request}: no task_id in {answer.body[:200]!r}")
    return Work(orchestrator, task_id, max_tokens)


@dataclass(slots=True)
class Work:
    """A task and what its stream said so far."""

    orchestrator: OrchestratorTarget
    task_id: str
    max_tokens: int
    events: list[SseEvent] = field(default_factory=list)
    ended: bool = False
    _stream: TaskStream | None = None

    async def open(self) -> None:
        """Open the stream; an AssertionError when that is refused."""
        opened = await self.orchestrator.open_stream(self.task_id)
        if isinstance(opened, Answer):
            raise AssertionError(f"the stream was refused with {opened.status}: {opened.body[:200]!r}")
        self._stream = opened

    async def _next(self) -> SseEvent | None:
        if self._stream is None:
            await self.open()
        if self._stream is None or self.ended:
            return None
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
        return [event.data for event in self.events if event.event == "token"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The data of its errors."""
        return [event.data for event in self.events if event.event == "error"]

    def assert_delivered(self) -> None:
        """All tokens came, in order, and the end says how many."""
        count = self.max_tokens
        expect(self.names == ["started", *["token"] * count, "end"], f"expected started, {count} tokens, end; got {self.events}")
        expect([token.get("i") for token in self.tokens] == list(range(count)), f"tokens out of order: {self.tokens}")
        expect(all(isinstance(token.get("t"), str) for token in self.tokens), f"a token without text: {self.tokens}")
        expect(self.events[-1].data.get("tokens_out") == count, f"the end says {self.events[-1].data}, not {count}")

    def assert_refused(self) -> None:
        """One error PoolUnready with a time to try again, and then the end; not a token."""
        expect(self.names == ["error", "end"], f"expected error, end; got {self.events}")
        error = self.errors[0]
        expect(error.get("code") == "PoolUnready", f"expected PoolUnready, got {error}")
        message, retry = error.get("message"), error.get("retry_after_ms")
        expect(isinstance(message, str) and message != "", f"expected a message, got {error}")
        expect(type(retry) is int and retry > 0, f"expected a time to try again, got {error}")
