"""Stopping pools, in one scenario."""

from pathlib import Path

from poolpact.daemon.answers import refused, shown
from poolpact.daemon.calls import hang_up, pool_path
from poolpact.daemon.statuses import at_once, calls_of
from poolpact.daemon.unanswered import NONE, tried
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World


class Stops:
    """The stops of a scenario. ``answers`` are those of the last step."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self.answers: list[Answer] = []

    async def stop(self, name: str, callers: int = 1, under: str | None = None) -> None:
        """Let callers stop pool ``name``; ``under`` is the correlation id that they ask under."""
        pool_id = self._world.pool(name).id
        self.answers = await at_once([tried(self._calls.stop(pool_id, under)) for _ in range(callers)])

    def begin(self, name: str) -> None:
        """Let a caller stop pool ``name`` and wait for that, until the scenario is over."""
        waiting = self._world.manager.begin("DELETE", pool_path(self._world.pool(name).id))
        self._world.defer(lambda: hang_up(waiting))

    def stopped(self) -> None:
        """The pool was stopped."""
        expect(bool(self.answers), "nothing was stopped yet")
        for answer in self.answers:
            expect(answer.status in (200, 204), f"{shown(answer)}: expected that the pool is stopped")

    def stopped_or_nothing(self) -> None:
        """At least one caller stopped the pool; to the others there was nothing to stop."""
        missing = [shown(answer) for answer in self.answers if answer.status == NONE]
        expect(not missing, "; ".join(missing))
        statuses = sorted(answer.status for answer in self.answers)
        expect(bool(statuses) and statuses[0] in (200, 204), f"nobody stopped the pool: {statuses}")
        expect(set(statuses) <= {200, 204, 404}, f"expected that it is stopped or not there: {statuses}")

    async def nothing_to_stop(self, name: str) -> None:
        """There is no such pool to stop."""
        refused(await self._calls.stop(self._world.pool(name).id), (404,))

    def not_announced(self, name: str) -> None:
        """No file of the run directory, where that is known, bears the pool's id."""
        left = self._files(name)
        expect(not left, f"left: {', '.join(map(str, left or []))}")

    def _files(self, name: str) -> list[Path] | None:
        run_dir = self._world.manager.run_dir
        pool_id = self._world.pool(name).id
        return None if run_dir is None else [path for path in run_dir.rglob("*") if pool_id in path.name]
