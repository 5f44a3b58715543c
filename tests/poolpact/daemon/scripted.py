"""A world whose pool manager does what a test says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from poolpact.engine.records import EngineRecords
from poolpact.options import Options
from poolpact.targets.base import Answer, Log, PoolManagerTarget, Target
from poolpact.targets.logs import NoLog
from poolpact.timekeeping import RealTime
from poolpact.world import World


class ScriptedManager:
    """Answers everything with ``answers``, or raises it; ``asked`` is what it was asked for."""

    url = "http://127.0.0.1:9200"
    token = "a-token"
    run_dir = None

    def __init__(self, answers: Answer | Exception) -> None:
        self.log: Log = NoLog()
        self.answers = answers
        self.asked: list[str] = []

    async def send(self, method: str, target: str, **_: Any) -> Answer:
        """See :class:`~poolpact.targets.base.PoolManagerTarget`."""
        self.asked.append(f"{method} {target}")
        if isinstance(self.answers, Exception):
            raise self.answers
        return self.answers


class ScriptedTarget:
    """Has one pool manager, or raises instead."""

    def __init__(self, manager: ScriptedManager | Exception, folder: Path) -> None:
        self.records = EngineRecords(folder)
        self.time = RealTime()
        self._manager = manager

    async def pool_manager(self, settings: Mapping[str, str]) -> PoolManagerTarget:
        """See :class:`~poolpact.targets.base.Target`."""
        if isinstance(self._manager, Exception):
            raise self._manager
        return cast(PoolManagerTarget, self._manager)


def world_of(manager: ScriptedManager | Exception, folder: Path) -> World:
    """A scenario's world, in which nothing was done yet."""
    return World(cast(Target, ScriptedTarget(manager, folder)), Options())
