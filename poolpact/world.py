"""One scenario's world: its subjects, its pools and their ports, and its clean-up."""

import itertools
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from poolpact.options import Options
from poolpact.ports import free_port
from poolpact.targets.base import OrchestratorTarget, PoolManagerTarget, StartRefused, Target, Timekeeper

ENGINE = Path(sys.executable).with_name("poolpact-engine")
"""The engine simulator, as an installed program."""

_ENDED_WITHIN = 5.0
"""Seconds that engines have to end when they are told."""

_DIGITS = 5
"""Of the number in a pool's id: that of no pool is the beginning of another's, which a daemon may know from a scenario before."""

S = TypeVar("S")

_run = secrets.token_hex(4)
_numbers = itertools.count(1)


def _be_another_run() -> None:
    global _run
    _run = secrets.token_hex(4)


os.register_at_fork(after_in_child=_be_another_run)


@dataclass(slots=True)
class Pool:
    """A pool of a scenario. ``name`` is what the scenario calls it, ``id`` what the subjects call it: never used before.

    ``nonce`` names the engine simulator's records, ``flags`` are what it is started with besides, and ``overrides`` members
    of the PreparedEngine that differ from the usual ones.
    """

    name: str
    id: str
    nonce: str
    port: int
    directory: Path
    flags: tuple[str, ...] = ()
    overrides: dict[str, Any] = field(default_factory=dict)
    program: Path = ENGINE

    @property
    def prepared(self) -> dict[str, Any]:
        """The PreparedEngine: the engine simulator, on a port of its own."""
        listen = ("--host", "127.0.0.1", "--port", str(self.port), "-m", "/models/simulated.gguf")
        told = ("--sim-dir", str(self.directory), "--sim-nonce", self.nonce)
        usual: dict[str, Any] = {
            "binary_path": str(self.program),
            "flags": [*listen, *told, *self.flags],
            "host": "127.0.0.1",
            "port": self.port,
            "model_path": "/models/simulated.gguf",
            "engine_version": "simulated-1",
            "pool_id": self.id,
            "replica_id": "replica-0",
            "device_mask": None,
        }
        return usual | self.overrides


class World:
    """What the steps of one scenario share, as ``context.world``. Knows no mode."""

    def __init__(self, target: Target, options: Options) -> None:
        self.target = target
        self.options = options
        self.records = target.records
        self._pools: dict[str, Pool] = {}
        self._nonces: list[str] = []
        self._managers: list[PoolManagerTarget] = []
        self._subjects: dict[str, PoolManagerTarget | OrchestratorTarget] = {}
        self._deferred: list[Callable[[], Awaitable[None]]] = []
        self._sides: dict[Any, Any] = {}

    @property
    def time(self) -> Timekeeper:
        """How this scenario waits."""
        return self.target.time

    def of(self, kind: Callable[["World"], S]) -> S:
        """The scenario's one object of ``kind``, made with this world on first use."""
        if kind not in self._sides:
            self._sides[kind] = kind(self)
        return cast(S, self._sides[kind])

    def has(self, kind: Callable[["World"], object]) -> bool:
        """Whether the scenario has an object of ``kind`` yet."""
        return kind in self._sides

    # --- subjects ---

    async def use_manager(self, settings: Mapping[str, str] | None = None) -> PoolManagerTarget:
        """Let the pool manager with ``settings`` be the one of this scenario; raises NotStarted."""
        manager = await self.target.pool_manager(settings or {})
        self._managers.append(manager)
        self._subjects[manager.url] = manager
        return manager

    @property
    def manager(self) -> PoolManagerTarget:
        """The pool manager of this scenario."""
        if not self._managers:
            raise AssertionError("the scenario has no pool manager: begin with Given a pool manager")
        return self._managers[-1]

    async def use_orchestrator(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """The orchestrator with ``settings``."""
        orchestrator = await self.target.orchestrator(settings)
        if not isinstance(orchestrator, StartRefused):
            self._subjects[orchestrator.url] = orchestrator
        return orchestrator

    def is_subject(self, url: str) -> bool:
        """Whether a subject of this scenario is reached at ``url``."""
        return url in self._subjects

    @property
    def secrets(self) -> frozenset[str]:
        """The tokens of its pool managers."""
        return frozenset(manager.token for manager in self._managers if manager.token)

    def log_tails(self, longest: int) -> tuple[str, ...]:
        """The end of what each of its subjects that logged something did, at most ``longest`` characters."""
        tails = (subject.log.tail(longest) for subject in self._subjects.values())
        return tuple(tail for tail in tails if tail)

    # --- pools ---

    def pool(self, name: str) -> Pool:
        """The pool that the scenario calls ``name``; on first mention it gets an id and a port of its own."""
        if name not in self._pools:
            number = next(_numbers)
            program = self.options.engine_program or ENGINE
            nonce, folder = f"{_run}-{number:0{_DIGITS}}", self.records.directory
            self._pools[name] = Pool(name, f"{name}-{nonce}", nonce, free_port(), folder, program=program)
            self._nonces.append(self._pools[name].nonce)
        return self._pools[name]

    def another_engine(self, name: str) -> Pool:
        """Pool ``name`` with another engine: other records, another port. The pool itself stays as it is."""
        pool = self.pool(name)
        other = replace(pool, nonce=f"{pool.nonce}-{next(_numbers)}", port=free_port(), overrides=dict(pool.overrides))
        self._nonces.append(other.nonce)
        return other

    def replace_engine(self, name: str, *, same_port: bool = False, keep_flags: bool = False) -> Pool:
        """Give pool ``name`` an engine with records and, unless it is to be the ``same_port``, a port of its own.

        It works, or does the same as the one before (``keep_flags``).
        """
        old = self.pool(name)
        other = self.another_engine(name)
        if not keep_flags:
            other = replace(other, flags=(), overrides={})
        self._pools[name] = replace(other, port=old.port) if same_port else other
        return self._pools[name]

    def folder(self, name: str) -> Path:
        """A folder of the run: ``programs`` may be executed from, any other not."""
        path = self.target.engine_records / name
        path.mkdir(exist_ok=True)
        return path

    @property
    def pools(self) -> Sequence[Pool]:
        """The pools that were mentioned."""
        return tuple(self._pools.values())

    def prepared(self, name: str, *flags: str, **overrides: Any) -> dict[str, Any]:
        """The PreparedEngine of pool ``name``, with ``flags`` for the engine simulator and ``overrides`` of its members."""
        pool = self.pool(name)
        pool.flags += flags
        pool.overrides |= overrides
        return pool.prepared

    # --- clean-up ---

    def defer(self, action: Callable[[], Awaitable[None]]) -> None:
        """Do ``action`` when the scenario is over; the last one deferred comes first."""
        self._deferred.append(action)

    async def aclose(self) -> None:
        """Clean up: deferred actions, then the pools; return when no engine is left.

        Engines end because they are told: a pool manager may have no call for that, and may start one only now. Raises the first
        thing that went wrong after all was tried.
        """
        errors: list[Exception] = []
        while self._deferred:
            await _collect(errors, self._deferred.pop()())
        for nonce in self._nonces:
            self.records.tell(nonce, "end")
        for manager in self._managers:
            await _collect(errors, self.target.dismiss(manager, [pool.id for pool in self.pools]))
        await _collect(errors, self._until_engines_ended())
        if errors:
            raise errors[0]

    async def _until_engines_ended(self) -> None:
        async def check() -> bool:
            return not self.engines

        await self.time.until(check, within=_ENDED_WITHIN, what="every engine has ended")

    @property
    def engines(self) -> Sequence[int]:
        """The processes that were started as an engine of this scenario, and run."""
        return tuple(pid for nonce in self._nonces for pid in self._engines_of(nonce) if self.target.is_alive(pid))

    def _engines_of(self, nonce: str) -> Sequence[int]:
        ended = {event["pid"] for event in self.records.events(nonce, "exiting")}
        return tuple(event["pid"] for event in self.records.starts(nonce) if event["pid"] not in ended)


async def _collect(errors: list[Exception], action: Awaitable[None]) -> None:
    try:
        await action
    except Exception as error:
        errors.append(error)
