"""A spawner that pretends: whatever program it is asked for, there is an engine, and no process."""

from collections.abc import Sequence
from pathlib import Path

from pool_managerd.clock import Clock
from pool_managerd.domain.errors import SpawnFailed
from pool_managerd.domain.prepared import PreparedEngine
from poolpact.engine.behaviour import BadFlag, Behaviour
from poolpact.engine.records import EngineRecords
from poolpact.virtual.spawner import SimulatedEngine

_FOR_EVER = "999999999"
_BACK_CHANNEL = ("--sim-dir", "--sim-nonce")


class PretendingSpawner:
    """A :class:`pool_managerd.engines.ports.Spawner` that executes nothing; only the tokens of its engines are served for real.

    An engine does what ``poolpact-engine`` would do with the same flags, less the records: it never says that it was started.
    Unless its flags say otherwise it is healthy after ``load`` seconds and streams a token every ``token_interval`` seconds.
    """

    def __init__(self, clock: Clock, folder: Path, *, load: float, token_interval: float) -> None:
        self._clock = clock
        self._records = EngineRecords(folder)
        self._usual = ("--sim-load", str(load), "--sim-token-interval", str(token_interval), "--sim-life", _FOR_EVER)
        self._failures: dict[str, str] = {}
        self._engines: dict[str, SimulatedEngine] = {}

    def fail_next(self, pool_id: str, cause: str) -> None:
        """Let the next engine of the pool fail to start, because of ``cause``."""
        self._failures[pool_id] = cause

    async def end(self, pool_id: str) -> None:
        """End the present engine of the pool as if it ended by itself."""
        await self._engines[pool_id].end(0.0)

    def admit(self, prepared: PreparedEngine, engine_dirs: Sequence[Path]) -> None:
        """See :class:`pool_managerd.engines.ports.Spawner`: every program is there, and may be pretended."""

    async def spawn(self, prepared: PreparedEngine, *, nonce: str, log_path: Path) -> SimulatedEngine:
        """See :class:`pool_managerd.engines.ports.Spawner`."""
        cause = self._failures.pop(prepared.pool_id, None)
        if cause is not None:
            raise SpawnFailed(cause)
        engine = SimulatedEngine(self._pretended(prepared), {}, self._clock, self._records, log_path)
        self._engines[prepared.pool_id] = engine
        engine.start()
        return engine

    async def reap(self, nonce: str, grace: float) -> int:
        """Nothing: nothing was ever spawned."""
        return 0

    def _pretended(self, prepared: PreparedEngine) -> PreparedEngine:
        slots = ("-np", str(prepared.slots_total)) if prepared.slots_total else ()
        place = ("--host", prepared.host, "--port", str(prepared.port))
        flags = (*self._usual, *slots, *_understood(prepared.flags), *place)
        return prepared.model_copy(update={"flags": flags, "health_path": "/health"})


def _understood(flags: Sequence[str]) -> tuple[str, ...]:
    """The flags that the simulator may see: none where they are another program's and only look like its own."""
    kept: list[str] = []
    rest = iter(flags)
    for flag in rest:
        if flag in _BACK_CHANNEL:
            next(rest, None)
        else:
            kept.append(flag)
    try:
        Behaviour.parse(kept)
    except BadFlag:
        return ()
    return tuple(kept)
