"""The protocols behind which the modes hide. Steps and the world know these and nothing of a mode."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from poolpact.engine.records import EngineRecords
from poolpact.errors import PoolpactError
from poolpact.event_stream import SseEvent
from poolpact.faults.proxy import FaultProxy
from poolpact.targets.logs import last_words

MOST_SAID = 64 * 1024
"""Characters that are kept of what a subject printed which did not start."""
MOST_SHOWN = 2000
"""Characters of it in a message."""
Mode = Literal["embedded", "mock", "live"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. ``headers`` have lower-case names; ``elapsed`` is in seconds of the target's timekeeper."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float
    request: str = ""

    def json(self) -> Any:
        """The parsed body; an AssertionError that shows the body when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            shown = self.body[:200]
            raise AssertionError(f"{self.request}: {self.status} with a body that is not JSON: {shown!r}") from None


class Timekeeper(Protocol):
    """Waiting on conditions. In embedded mode with simulated engines the time is virtual."""

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    async def until(self, check: Callable[[], Awaitable[T | None]], *, within: float, what: str) -> T:
        """The first value of ``check`` that is neither None nor False.

        Raises AssertionError naming ``what`` after ``within`` seconds.
        """
        ...

    async def complete(self, work: Awaitable[T], *, within: float, what: str) -> T:
        """The result of ``work``; an AssertionError naming ``what`` after ``within`` seconds."""
        ...

    async def throughout(self, check: Callable[[], Awaitable[bool]], *, seconds: float, what: str) -> None:
        """An AssertionError naming ``what`` if ``check`` is ever False during ``seconds``."""
        ...


class Log(Protocol):
    """What a subject has printed so far."""

    def tail(self, longest: int) -> str:
        """The end of it, at most ``longest`` characters."""
        ...

    def count(self, text: str) -> int:
        """How often ``text`` is in it, all of it."""
        ...


class PoolManagerTarget(Protocol):
    """One pool manager under test, reached as a client would reach it."""

    url: str
    token: str | None
    run_dir: Path | None
    """None where it is not on this machine's disk, or unknown."""
    log: Log

    async def send(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
    ) -> Answer:
        """One exchange. ``target`` goes on the wire as it is; the token is added unless ``authorised`` is False.

        Virtual time, where there is one, goes on until the answer is there.
        """
        ...

    def begin(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
    ) -> "asyncio.Task[Answer]":
        """As :meth:`send`, without waiting; virtual time stands still until somebody waits."""
        ...

    async def watch(self, headers: Mapping[str, str] | None = None) -> "EventSource | Answer":
        """Open its events, with the token; comments are told, too. An Answer when that is refused."""
        ...


def with_token(headers: Mapping[str, str] | None, token: str | None) -> dict[str, str]:
    """``headers`` with ``token``, where there is one."""
    return dict(headers or {}) | ({} if token is None else {"authorization": f"Bearer {token}"})


class EventSource(Protocol):
    """An open stream of events. What is not asked for is not read."""

    async def next(self, within: float) -> SseEvent | None:
        """The next event; None at the end of the stream."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class OrchestratorTarget(Protocol):
    """One orchestrator under test."""

    url: str
    log: Log

    async def send(
        self, method: str, target: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One exchange with its own API."""
        ...

    async def open_stream(self, task_id: str) -> EventSource | Answer:
        """Open the stream of a task; an Answer when it is refused."""
        ...


@dataclass(frozen=True, slots=True)
class StartRefused:
    """A subject that ended instead of starting: its exit code and the end of what it printed, at most MOST_SAID characters."""

    exit_code: int
    stderr: str


class NotStarted(PoolpactError):
    """A subject was to be started and ended instead."""

    def __init__(self, refusal: StartRefused) -> None:
        super().__init__(f"exit code {refusal.exit_code}: {last_words(refusal.stderr.strip(), MOST_SHOWN)}")
        self.refusal = refusal


class NotAnswering(PoolpactError):
    """A subject was started, and does not answer; the message says so, and what it printed."""


class CannotJudge(PoolpactError):
    """There is nothing to judge, or nothing to judge it with; the message is one line with the remedy."""


Condition = Literal["ready", "loading", "failed", "stopped", "stopping"]
"""What a scenario wants a pool to be; a pool that nobody mentioned is absent."""


class Target(Protocol):
    """What stands on the pool-manager side in one mode.

    The runner makes ``poolpact.targets.<mode>.<Mode>Target(options, scratch)`` for the loop that the steps run on; ``scratch`` is
    a folder of the run. ``settings`` are by full environment name; equal settings share a subject.
    """

    mode: Mode
    time: Timekeeper
    engine_records: Path
    """The back-channel folder of the engine simulator (see :mod:`poolpact.engine.records`)."""
    records: EngineRecords
    """What is in that folder. Engines that are simulated in this process are told what to do through this object only."""

    async def start(self) -> None:
        """Get ready, before the first scenario; raises :class:`CannotJudge`."""
        ...

    async def pool_manager(self, settings: Mapping[str, str]) -> PoolManagerTarget:
        """The pool manager with these settings; raises :class:`NotStarted` when it ends instead of starting."""
        ...

    async def bring_about(self, manager: PoolManagerTarget, prepared: Mapping[str, Any], condition: Condition) -> None:
        """Make the pool of the PreparedEngine ``prepared`` be in ``condition``: by public API, or by script where it is a mock.

        ``prepared`` names the engine simulator, with flags that lead to the condition (``loading``: it waits until told).
        """
        ...

    async def dismiss(self, manager: PoolManagerTarget, pool_ids: Collection[str]) -> None:
        """Clean up: nothing of these pools is left. Never fails because a pool is unknown."""
        ...

    def is_alive(self, pid: int) -> bool:
        """Whether the engine process ``pid``, real or simulated, runs; a zombie does not."""
        ...

    async def line(self, manager: PoolManagerTarget) -> FaultProxy:
        """The way over the network to ``manager``, on which faults can happen: one a manager, made at first use."""
        ...

    async def way_to(self, manager: PoolManagerTarget) -> Mapping[str, str]:
        """The settings with which an orchestrator of this mode uses ``manager``: embedded, or remote over its line."""
        ...

    async def orchestrator(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """The orchestrator with these settings; what it refused with where it ended instead of starting."""
        ...

    async def recover(self) -> None:
        """After a scenario that did not pass: a subject of the run that answers no more is replaced at its next use.

        Raises :class:`CannotJudge` when one that somebody else started answers no more.
        """
        ...

    async def aclose(self) -> None:
        """End everything that was started, and return when it is gone."""
        ...
