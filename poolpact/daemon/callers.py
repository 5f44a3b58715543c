"""Callers that preload and wait, in one scenario."""

from collections.abc import Sequence

from poolpact.daemon.answers import accepted, shown
from poolpact.daemon.calls import Begun
from poolpact.daemon.preloads import LONG, Preloads
from poolpact.daemon.statuses import Statuses
from poolpact.expectation import expect
from poolpact.world import World


class Callers:
    """The callers of a scenario that would wait for a preload, one a pool; they may be told that it takes its time."""

    def __init__(self, world: World) -> None:
        self._preloads = world.of(Preloads)
        self._statuses = world.of(Statuses)
        self._waiting: dict[str, Begun] = {}

    def wait_for(self, names: Sequence[str]) -> None:
        """Let callers begin to preload these pools, and wait if they are let."""
        for name in names:
            self._waiting[name] = self._preloads.begin(name, LONG)

    async def in_flight(self, names: Sequence[str]) -> None:
        """These preloads are under way: the engines run, and nobody was told that they are ready or failed."""
        expect(bool(names), "no pool is named")
        for name in names:
            await self._preloads.until_started(name)
            call = self._waiting[name]
            expect(not call.is_over or call.answer.status == 202, f"pool {name!r} is not under way: {_shown(call)}")

    async def told_ready(self, name: str) -> None:
        """The caller of pool ``name`` is told the process that serves, or where to look: the pool is ready there."""
        self._preloads.made = [self._waiting[name]]
        self._preloads.about(name)
        await self._preloads.accepted()
        await self._preloads.becomes_ready(name)

    async def told_off(self, name: str) -> None:
        """The caller of pool ``name`` is told that it is not to be, unless it was told before to look for itself."""
        call = self._waiting[name]
        await self._preloads.until_over(call)
        answer = call.answer
        if answer.status < 400:
            expect(accepted(answer) is None and answer.status == 202, f"{shown(answer)}: expected that the load is cancelled")
        await self._statuses.gone(name)


def _shown(call: Begun) -> str:
    return shown(call.answer) if call.is_over else "there is no answer"
