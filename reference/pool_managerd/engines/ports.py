"""What the manager needs of an engine and of whoever starts one."""

from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.prepared import PreparedEngine


class Probe(Enum):
    """The answer to one health probe."""

    HEALTHY = auto()
    LOADING = auto()
    FOREIGN = auto()
    """Healthy, but the listener is neither the engine nor a descendant of it (PM-READY-5)."""


class Engine(Protocol):
    """One incarnation of an engine."""

    @property
    def pid(self) -> int:
        """The process that was spawned."""
        ...

    async def exited(self) -> ExitStatus:
        """Complete when the process has ended; may be awaited by several, any number of times."""
        ...

    async def probe(self) -> Probe:
        """Ask the engine's health once. Never raises; refused, 503 and time-outs are LOADING (PM-READY-1)."""
        ...

    async def slots(self) -> int | None:
        """The engine's own number of slots, where it tells (PM-READY-6). Never raises."""
        ...

    async def busy(self) -> bool | None:
        """Whether it works on a request; None where it cannot say (PM-DRAIN-2). Never raises."""
        ...

    async def end(self, grace: float) -> None:
        """SIGTERM to the group, at most ``grace`` seconds, SIGKILL to all that is left; return when nothing is left.

        Safe to call on an engine that already ended: its children may still be there.
        """
        ...

    def output_tail(self) -> str:
        """The last lines of what it printed, at most 2 KiB; empty if nothing."""
        ...


class Spawner(Protocol):
    """Starts engines."""

    def admit(self, prepared: PreparedEngine, engine_dirs: Sequence[Path]) -> None:
        """Return when the program of ``prepared`` can be started and lies in ``engine_dirs``, the operator's folders.

        Raises a :class:`~pool_managerd.domain.errors.PreloadRefused` with the remedy otherwise (PM-PRELOAD-5). May look at the
        disk: called in a thread.
        """
        ...

    async def spawn(self, prepared: PreparedEngine, *, nonce: str, log_path: Path) -> Engine:
        """Start ``prepared`` with ``nonce`` in its environment and its output appended to ``log_path``.

        Raises :class:`~pool_managerd.domain.errors.SpawnFailed` when the system cannot.
        """
        ...

    async def reap(self, nonce: str, grace: float) -> int:
        """End whatever a dead daemon left behind under ``nonce``; return how many processes that were (PM-DUR-3)."""
        ...
