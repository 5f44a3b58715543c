"""A world with a pool manager that only has a log."""

from pathlib import Path
from typing import cast

from poolpact.engine.records import EngineRecords
from poolpact.logbook import LogBook
from poolpact.options import Options
from poolpact.targets.base import PoolManagerTarget, Target, Timekeeper
from poolpact.timekeeping import RealTime
from poolpact.world import World


class LoggingManager:
    url = "http://127.0.0.1:9200"

    def __init__(self) -> None:
        self.log = LogBook()


class EmptyTarget:
    def __init__(self, folder: Path) -> None:
        self.engine_records = folder
        self.records = EngineRecords(folder)
        self.time: Timekeeper = RealTime()
        self.manager = LoggingManager()

    async def pool_manager(self, settings: object) -> PoolManagerTarget:
        return cast(PoolManagerTarget, self.manager)


def empty_world(folder: Path) -> tuple[World, LogBook]:
    """A world, and what its pool manager logs."""
    target = EmptyTarget(folder)
    return World(cast(Target, target), Options()), target.manager.log
