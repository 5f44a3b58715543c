"""A pool whose engine is a real llama.cpp server, and what the system knows of its process."""

import json
import socket
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import psutil

from poolpact.daemon.calls import Calls
from poolpact.expectation import expect
from poolpact.llamacpp.server import LlamaServer, find_llama_server
from poolpact.llamacpp.tiny_model import write_tiny_model
from poolpact.ports import free_port
from poolpact.targets.base import Answer, PoolManagerTarget
from poolpact.world import World

READY_WITHIN = 30
"""Seconds that a preload of the tiny model may take."""
GONE_WITHIN = 5.0


@cache
def server() -> LlamaServer:
    """The llama.cpp server of this run; raises LlamaServerMissing."""
    return find_llama_server()


class LlamaPool:
    """One pool on ``manager``. ``id`` is what the subjects call it; ``prepared`` is its PreparedEngine once it was preloaded."""

    def __init__(self, world: World, manager: PoolManagerTarget, name: str) -> None:
        self._world = world
        self._calls = Calls(lambda: manager)
        self._port = free_port()
        self.id = world.pool(name).id
        self.prepared: dict[str, Any] = {}
        self.pid = 0

    async def preload(self, *, slots: int, told: bool = True, broken: bool = False) -> Answer:
        """Preload and wait; ``told`` puts the slots into the PreparedEngine, ``broken`` gives it a model that is none."""
        model = self._world.records.directory / f"{self.id}.gguf"
        if broken:
            model.write_bytes(b"this is no GGUF file")
        else:
            write_tiny_model(model)
        listen = ["--host", "127.0.0.1", "--port", str(self._port)]
        self.prepared = {
            "binary_path": str(server().path),
            "flags": ["-m", str(model), *listen, "-c", str(2048 * slots), "-np", str(slots), "--offline"],
            "host": "127.0.0.1",
            "port": self._port,
            "model_path": str(model),
            "engine_version": "llama.cpp",
            "pool_id": self.id,
            "replica_id": "r0",
            "device_mask": None,
            **({"slots_total": slots} if told else {}),
        }
        return await self._calls.preload(self.prepared, wait=READY_WITHIN)

    async def become_ready(self, *, slots: int, told: bool = True) -> None:
        """Preload it, and see that it is ready."""
        answer = await self.preload(slots=slots, told=told)
        expect(answer.status == 200, f"the preload answered {answer.status}: {answer.body.decode(errors='replace')}")
        self.pid = int(answer.json()["pid"])

    async def status(self) -> dict[str, Any]:
        """The pool's status, which has to be there."""
        answer = await self._calls.status(self.id)
        expect(answer.status == 200, f"the status answered {answer.status}")
        return dict(answer.json())

    async def stop(self) -> Answer:
        """Stop it."""
        return await self._calls.stop(self.id)

    # --- what the orchestrator's steps ask of a pool ---

    def look(self) -> None:
        """A real engine keeps no record of what it was asked."""

    async def until_leased(self, count: int) -> None:
        """Wait until exactly ``count`` slots are leased."""

        async def check() -> bool:
            return int((await self.status())["active_leases"]) == count

        await self._world.time.until(check, within=GONE_WITHIN, what=f"{count} leased slots of pool {self.id}")

    # --- what the system says ---

    @property
    def process(self) -> psutil.Process:
        """The process that serves the pool."""
        return psutil.Process(self.pid)

    def listens(self) -> bool:
        """Whether that process is the one that listens on the pool's port."""
        mine = self.process.net_connections(kind="inet")
        return any(each.status == psutil.CONN_LISTEN and each.laddr.port == self._port for each in mine)

    async def ask(self, path: str) -> Any:
        """What the engine itself answers at ``path``."""
        async with httpx.AsyncClient(trust_env=False, timeout=GONE_WITHIN) as client:
            answer = await client.get(f"http://127.0.0.1:{self._port}{path}")
        expect(answer.status_code == 200, f"the engine answered {answer.status_code} at {path}")
        return json.loads(answer.content)

    async def until_gone(self) -> None:
        """Wait until the process is gone and its port can be taken."""

        async def check() -> bool:
            return not psutil.pid_exists(self.pid) and _is_free(self._port)

        await self._world.time.until(check, within=GONE_WITHIN, what=f"process {self.pid} gone and port {self._port} free")


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def command_line(pid: int) -> list[str]:
    """The argv of a process as the system has it."""
    return [part.decode() for part in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]]


def executable(pid: int) -> Path:
    """The program that a process runs as the system has it."""
    return Path(f"/proc/{pid}/exe").resolve()
