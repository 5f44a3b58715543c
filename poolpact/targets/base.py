"""The protocols behind which the modes hide. Steps and the world know these and nothing of a mode."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

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
        except ValueError:
            shown = self.body[:200]
            raise AssertionError(f"{self.request}: {self.status} with a body that is not JSON: {shown!r}") from None


class Timekeeper(Protocol):
    """Waiting on conditions. In embedded mode with simulated engines the time is virtual."""

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    async def until(self, check: Callable[[], Awaitable[T | None]], *, within: float, what: str) -> T:
        """The first value of ``check`` that is neither None nor False; an AssertionError naming ``what`` after ``within`` seconds."""
        ...

    async def throughout(self, check: Callable[[], Awaitable[bool]], *, seconds: float, what: str) -> None:
        """An AssertionError naming ``what`` if ``check`` is ever False during ``seconds``."""
        ...


class PoolManagerTarget(Protocol):
    """One pool manager under test, reached as a client would reach it."""

    url: str
    token: str | None
    run_dir: Path | None
    """None where it is not on this machine's disk, or unknown."""

    async def send(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
    ) -> Answer:
        """One exchange. ``target`` goes on the wire as it is; the token is added unless ``authorised`` is False."""
        ...


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One server-sent event: its name and its parsed data."""

    event: str
    data: Any


class TaskStream(Protocol):
    """An open stream of a task."""

    async def next(self, within: float) -> SseEvent | None:
        """The next event; None at the end of the stream."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class OrchestratorTarget(Protocol):
    """One orchestrator under test."""

    url: str

    async def send(
        self, method: str, target: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One exchange with its own API."""
        ...

    async def open_stream(self, task_id: str) -> TaskStream | Answer:
        """Open the stream of a task; an Answer when it is refused."""
        ...

    def log_text(self) -> str:
        """What it logged so far."""
        ...


@dataclass(frozen=True, slots=True)
class StartRefused:
    """A subject that ended instead of starting: its exit code and what it wrote on stderr."""

    exit_code: int
    stderr: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a subject, by environment name without prefix; equal settings share a subject."""

    values: Mapping[str, str] = field(default_factory=dict)
