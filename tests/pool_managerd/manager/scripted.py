"""A spawner whose engines do what a test says, for what a real process cannot be made to do on demand."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pool_managerd.domain.errors import SpawnFailed
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.ports import Probe
from pool_managerd.engines.programs import admit_program


def prepared_members(binary: Path, pool_id: str) -> dict[str, Any]:
    """The members of a PreparedEngine whose program is there and does nothing."""
    return {
        "binary_path": str(binary),
        "flags": ["--port", "9"],
        "host": "127.0.0.1",
        "port": 9,
        "model_path": "/models/m.gguf",
        "engine_version": "1",
        "pool_id": pool_id,
        "replica_id": "r0",
        "device_mask": None,
    }


class ScriptedEngine:
    """Healthy, exited and ended when told."""

    def __init__(self, pid: int, *, hanging: bool = False) -> None:
        self.pid = pid
        self.healthy = False
        self.hanging = hanging
        """Whether its probes are never answered."""
        self.probes_hung = 0
        self.probes_dropped = 0
        self.own_slots: int | None = None
        self.works: bool | None = None
        """What it says of whether it works."""
        self.asked_for_work = 0
        self.output = ""
        self.ends: list[float] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self._exit: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()

    def exit(self, returncode: int) -> None:
        self._exit.set_result(ExitStatus(returncode))

    async def exited(self) -> ExitStatus:
        return await asyncio.shield(self._exit)

    async def probe(self) -> Probe:
        if self.hanging:
            self.probes_hung += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.probes_dropped += 1
        return Probe.HEALTHY if self.healthy else Probe.LOADING

    async def slots(self) -> int | None:
        return self.own_slots

    async def busy(self) -> bool | None:
        self.asked_for_work += 1
        return self.works

    async def end(self, grace: float) -> None:
        self.ends.append(grace)
        await self.may_end.wait()
        if not self._exit.done():
            self.exit(-15)

    def output_tail(self) -> str:
        return self.output


class ScriptedSpawner:
    """Remembers every spawn; fails the ones it is told to."""

    def __init__(self) -> None:
        self.engines: list[ScriptedEngine] = []
        self.nonces: list[str] = []
        self.log_paths: list[Path] = []
        self.reaped: list[str] = []
        self.refusal: str | None = None
        self.hanging = False
        """Whether probes of the engines to come are never answered."""
        self.spawned = asyncio.Event()

    def admit(self, prepared: PreparedEngine, engine_dirs: Sequence[Path]) -> None:
        admit_program(Path(prepared.binary_path), engine_dirs)

    async def spawn(self, prepared: PreparedEngine, *, nonce: str, log_path: Path) -> ScriptedEngine:
        self.nonces.append(nonce)
        self.log_paths.append(log_path)
        if self.refusal is not None:
            raise SpawnFailed(self.refusal)
        engine = ScriptedEngine(pid=1000 + len(self.engines), hanging=self.hanging)
        self.engines.append(engine)
        self.spawned.set()
        return engine

    async def reap(self, nonce: str, grace: float) -> int:
        self.reaped.append(nonce)
        return 2
