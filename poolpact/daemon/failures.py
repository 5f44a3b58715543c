"""Loads that fail, and what is told of it, in one scenario."""

from poolpact.daemon.answers import accepted, error_text, shown
from poolpact.daemon.bounds import Trial, timed, within_bound
from poolpact.daemon.calls import Begun
from poolpact.daemon.causes import names_cause, without
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.statuses import SOON, Statuses
from poolpact.expectation import expect
from poolpact.world import World


class Failures:
    """The loads of a scenario that fail: the cause is in the preload's error answer or, after a 202, in the last error."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._preloads = world.of(Preloads)
        self._statuses = world.of(Statuses)
        self._trials = 0

    async def why(self, call: Begun, within: float = SOON) -> str:
        """Wait until the load that ``call`` asked for has failed, and say what is told of it."""

        async def check() -> bool:
            if not call.is_over:
                return False
            if call.answer.status >= 400:
                return True
            expect(accepted(call.answer) is None, f"{shown(call.answer)}: expected that the load fails")
            status = await self._statuses.read(call.pool)
            expect(not status.ready, f"pool {call.pool!r} is ready, expected that the load fails")
            return not status.live and status.last_error != ""

        await self._world.time.until(check, within=within, what=f"pool {call.pool!r} has failed, and says why")
        if call.answer.status >= 400:
            return error_text(call.answer)
        return (await self._statuses.read(call.pool)).last_error

    async def told_why(self, *names: str, within: float = SOON) -> None:
        """The loads of these pools have failed, and of each something is told."""
        expect(bool(names), "no pool was preloaded")
        for name in names:
            told = await self.why(self._preloads.leading(name), within)
            expect(told.strip() != "", f"nothing is told of why pool {name!r} failed")

    async def told_at_once(self, name: str, seconds: float, cause: str) -> None:
        """In time after its engine ended the load of pool ``name`` has failed, and what is told names ``cause``."""

        async def first() -> float:
            return await self._fails(name, cause)

        async def again() -> float:
            self._trials += 1
            other = f"{name}-{self._trials}"
            self._world.prepared(other, *self._world.pool(name).flags)
            await self._preloads.preload(other, int(SOON))
            return await self._fails(other, cause)

        async def trial() -> Trial:
            return await timed(self._world.time, again)

        await within_bound(seconds, trial, first=await timed(self._world.time, first))
        self._preloads.about(name)

    async def _fails(self, name: str, cause: str) -> float:
        """Seconds from the end of the engine of pool ``name`` until it is told that the load has failed, because of ``cause``."""
        call = self._preloads.leading(name)
        told = await self.why(call, LATEST)
        ended = self._world.records.events(self._world.pool(name).nonce, "exiting")
        expect(bool(ended), f"pool {name!r} has failed, although its engine did not end")
        pool = self._world.pool(name)
        by_chance = (pool.id, pool.nonce, str(pool.program), str(pool.directory), f"{pool.port}")
        expect(names_cause(without(told, by_chance), cause), f"what is told does not name {cause}: {told[:300]!r}")
        known = call.ended if call.answer.status >= 400 else self._world.time.now()
        return max(0.0, known - float(ended[-1]["at"]))

    async def refused_or_failed(self) -> None:
        """The last preload ended with an error, or left a failed pool with a last error."""
        call = self._preloads.last
        told = await self.why(call)
        expect(told.strip() != "", f"pool {call.pool!r} failed and does not say why")
        await self._statuses.gone(call.pool)


LATEST = 20.0
"""Seconds after which a failure is not waited for any more, where a bound says how soon it is to be told."""
