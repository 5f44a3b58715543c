"""How soon it is seen that an engine is healthy, in one scenario."""

from poolpact.daemon.bounds import Trial, timed, within_bound
from poolpact.daemon.conditions import Conditions
from poolpact.daemon.preloads import LONG, Preloads
from poolpact.daemon.statuses import SOON, Statuses
from poolpact.daemon.unready import Unready
from poolpact.expectation import expect
from poolpact.world import World


class Promptness:
    """Trials of a pool that loads for a while, each with an engine and a pool of its own.

    The engine turns healthy right after it told somebody that it still loads: whoever asks now and then finds out latest.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._preloads = world.of(Preloads)
        self._statuses = world.of(Statuses)
        self._unready = world.of(Unready)
        self._conditions = world.of(Conditions)
        self._seconds = 0.0
        self._trials = 0

    async def load_for(self, seconds: float) -> None:
        """Let the pool that was last spoken of load for a while."""
        self._seconds = seconds
        await self._conditions.load_for(self._preloads.last_pool, seconds)

    def turn_healthy(self, name: str) -> None:
        """Let the engine of pool ``name`` turn healthy in the worst moment."""
        self._world.records.tell(self._world.pool(name).nonce, "healthy-after-probe")

    async def seen_within(self, name: str, seconds: float) -> None:
        """Pool ``name`` is seen to be ready so soon after its engine turned healthy."""

        async def first() -> float:
            return await self._seen(name)

        async def again() -> float:
            self._trials += 1
            other = f"{name}-{self._trials}"
            self._world.prepared(other, *self._world.pool(name).flags)
            self._preloads.begin(other, LONG)
            await self._conditions.until_live(other)
            await self._unready.until_up(other)
            await self._unready.stays_loading(other, self._seconds)
            self.turn_healthy(other)
            return await self._seen(other)

        async def trial() -> Trial:
            return await timed(self._world.time, again)

        await within_bound(seconds, trial, first=await timed(self._world.time, first))
        self._preloads.about(name)
        self._statuses.remember(name, ready=True)

    async def _seen(self, name: str) -> float:
        """Seconds from the engine's turning healthy to the last question that was answered as if it were not."""
        call = self._preloads.leading(name)
        asked_in_vain = 0.0

        async def check() -> bool:
            nonlocal asked_in_vain
            asked = self._world.time.now()
            status = await self._statuses.read(name)
            if status.ready or (call.is_over and call.answer.status == 200):
                return True
            expect(status.live, f"pool {name!r} is not live any more: {status.last_error[:300]!r}")
            asked_in_vain = asked
            return False

        await self._world.time.until(check, within=2 * SOON, what=f"pool {name!r} is ready")
        healthy = self._world.records.events(self._world.pool(name).nonce, "healthy")
        expect(bool(healthy), f"pool {name!r} is said to be ready, and its engine never turned healthy")
        return max(0.0, asked_in_vain - float(healthy[-1]["at"]))
