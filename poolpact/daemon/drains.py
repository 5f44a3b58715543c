"""Draining pools, in one scenario."""

import contextlib
import json
from typing import Any

from poolpact.daemon.answers import json_object, refused, shown
from poolpact.daemon.calls import JSON, Begun, hang_up, pool_path, under
from poolpact.daemon.statuses import SOON, Statuses, calls_of
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World

A_WHILE = 0.3
"""Seconds within which an engine that was told to end would have ended."""


class Drains:
    """The drains of a scenario; what is asked is asked of the last one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._statuses = world.of(Statuses)
        self._begun: list[Begun] = []
        self._answer: Answer | None = None

    @property
    def last(self) -> Begun:
        """The last drain."""
        expect(bool(self._begun), "nothing was drained yet")
        return self._begun[-1]

    def begin(self, name: str, *, deadline_ms: int | None = None, wait: int | None = None, caller: str | None = None) -> Begun:
        """Let a caller drain pool ``name``, with ``wait`` one who would like to be answered when that is over.

        ``caller`` is the correlation id that it asks under.
        """
        headers = (JSON if wait is None else JSON | {"prefer": f"wait={wait}"}) | under(caller)
        body = json.dumps({} if deadline_ms is None else {"deadline_ms": deadline_ms}).encode()
        target = f"{pool_path(self._world.pool(name).id)}/drain"
        task = self._world.manager.begin("POST", target, body=body, headers=headers)
        self._begun.append(Begun(task, name, self._world.time))
        self._world.defer(lambda: hang_up(task))
        return self.last

    async def drain(self, name: str, caller: str | None = None) -> None:
        """Let a caller drain pool ``name``; go on when that is answered, or shows."""
        call = self.begin(name, caller=caller)

        async def check() -> bool:
            return call.is_over or not (await self._statuses.read(name)).ready

        with contextlib.suppress(AssertionError):
            await self._world.time.until(check, within=SOON, what=f"the drain of pool {name!r} goes on")

    async def drain_waiting(self, name: str, deadline_ms: int) -> None:
        """Let a caller drain pool ``name`` who would like to know when that is over; go on when the call is answered."""
        call = self.begin(name, deadline_ms=deadline_ms, wait=int(SOON))

        async def check() -> bool:
            return call.is_over

        with contextlib.suppress(AssertionError):
            await self._world.time.until(check, within=SOON, what=f"the drain of pool {name!r} is over")

    async def drain_as(self, name: str, body: Any) -> None:
        """Drain pool ``name`` with a body of any kind."""
        target = f"{pool_path(self._world.pool(name).id)}/drain"
        self._answer = await self._calls.raw("POST", target, body=json.dumps(body).encode(), headers=JSON)

    # --- outcomes ---

    async def takes_no_work(self, name: str) -> None:
        """The pool is live, and nobody is sent there."""
        if self.last.is_over:
            expect(self.last.answer.status in (200, 202), f"{shown(self.last.answer)}: expected that the pool is drained")
        status = await self._statuses.read(name)
        said = str(status.told)[:300]
        expect(status.live and not status.ready and status.slots_free == 0, f"pool {name!r}, with work in flight, is {said}")

    async def gives_no_lease(self, name: str) -> None:
        """Nobody gets a lease on the pool."""
        refused(await self._calls.acquire(self._world.pool(name).id), (409,))

    async def takes_no_engine(self, name: str) -> None:
        """Nobody gets the pool to load the engine again."""
        refused(await self._calls.preload(self._world.pool(name).prepared), (409,))

    async def still_runs(self, name: str) -> None:
        """The engine runs for a while yet, and the status says so."""
        pid = self._statuses.pid(name)

        async def check() -> bool:
            expect(self._world.target.is_alive(pid), f"the engine of pool {name!r}, process {pid}, is gone")
            return (await self._statuses.read(name)).live

        await self._world.time.throughout(check, seconds=A_WHILE, what=f"pool {name!r} is live, its engine runs")

    async def over(self, name: str) -> None:
        """The drain of the pool is over, and was not forced."""
        call = next((each for each in reversed(self._begun) if each.pool == name), None)
        if call is None:
            raise AssertionError(f"pool {name!r} was not drained")

        async def check() -> bool:
            return call.is_over

        await self._world.time.until(check, within=SOON, what=f"the drain of pool {name!r} is answered")
        expect(call.answer.status in (200, 202), f"{shown(call.answer)}: expected that the pool is drained")
        if call.answer.status == 200:
            told = json_object(call.answer).get("forced")
            expect(told is False, f"{shown(call.answer)}: forced is {told!r}, expected false")
        await self._statuses.until_gone(name)

    async def told_forced(self, name: str) -> None:
        """Whoever waited was told that it was forced."""
        expect(self.last.is_over, f"pool {name!r}: the drain is not answered {SOON:g} s after its deadline")
        expect(self.last.answer.status == 200, f"{shown(self.last.answer)}: expected that the drain is over")
        expect(json_object(self.last.answer).get("forced") is True, f"{shown(self.last.answer)}: expected forced true")
        await self._statuses.gone(name)

    async def unknown(self, name: str) -> None:
        """There is no such pool to drain."""
        refused(await self._calls.raw("POST", f"{pool_path(self._world.pool(name).id)}/drain"), (404,))

    async def nothing_to_do(self, name: str) -> None:
        """A drain where nothing runs is a success."""
        answer = await self._calls.raw("POST", f"{pool_path(self._world.pool(name).id)}/drain")
        expect(answer.status in (200, 202), f"{shown(answer)}: expected that there is nothing to drain")

    def refused(self) -> None:
        """The last drain was refused as a bad request."""
        if self._answer is None:
            raise AssertionError("nothing was drained yet")
        refused(self._answer)
