"""Reading statuses and waiting on them, in one scenario."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from poolpact.daemon.answers import PoolStatus, error_text, refused, shown, status_of
from poolpact.daemon.calls import Calls
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World

SOON = 10.0
"""Seconds within which what must happen has to happen, where no requirement says less."""
TRIALS = 5
"""A bound in real time is broken when so many trials in a row exceed it: one may be the machine's fault."""


def calls_of(world: World) -> Calls:
    """The calls on the scenario's pool manager."""
    return Calls(lambda: world.manager)


class Statuses:
    """What was read of the pools of a scenario, and what they were served by when they were last known to run.

    ``answers`` are those of the last step that asked, ``seen`` the statuses that were watched.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._served: dict[str, tuple[bool, tuple[int, ...]]] = {}
        self._asked_for = ""
        self.answers: list[Answer] = []
        self.seen: list[PoolStatus] = []

    # --- asking ---

    async def ask(self, name: str, times: int = 1) -> None:
        """Ask for the status of a pool, for the next sentences to judge."""
        self._asked_for = self._world.pool(name).id
        self.answers = [await self._calls.status(self._asked_for) for _ in range(times)]

    async def ask_lookalikes(self, name: str) -> None:
        """Ask for pools whose ids are almost that of pool ``name``."""
        pool_id = self._world.pool(name).id
        self.answers = [await self._calls.status(other) for other in (pool_id.swapcase(), f"{pool_id}x", pool_id[:-1])]

    def keep(self, answer: Answer, name: str) -> None:
        """Let the next sentences judge ``answer``, which is about pool ``name``."""
        self._asked_for, self.answers = self._world.pool(name).id, [answer]

    async def read(self, name: str) -> PoolStatus:
        """The status of a pool that is known."""
        pool_id = self._world.pool(name).id
        return status_of(await self._calls.status(pool_id), pool_id)

    async def find(self, name: str) -> PoolStatus | None:
        """The status of a pool, None when it is unknown."""
        pool_id = self._world.pool(name).id
        answer = await self._calls.status(pool_id)
        if answer.status == 404:
            error_text(answer)
            return None
        return status_of(answer, pool_id)

    # --- what was told ---

    def _last(self) -> PoolStatus:
        expect(bool(self.answers), "no status was asked for yet")
        return status_of(self.answers[-1], self._asked_for)

    def told(self, name: str) -> None:
        """The last answer is a whole status of pool ``name``."""
        expect(bool(self.answers), "no status was asked for yet")
        status_of(self.answers[-1], self._world.pool(name).id)

    def told_condition(self, *, live: bool, ready: bool, slots_free: int) -> None:
        """The last status says this."""
        status = self._last()
        said = (status.live, status.ready, status.slots_free)
        expect(said == (live, ready, slots_free), f"the status says live {said[0]}, ready {said[1]}, {said[2]} free slots")

    async def told_within(self, seconds: float, *, ready: bool) -> None:
        """The last status came in time, and says ``ready``."""
        expect(self._last().ready == ready, f"the status says ready {self._last().ready}")

        async def again() -> float:
            answer = await self._calls.status(self._asked_for)
            expect(status_of(answer, self._asked_for).ready == ready, f"{shown(answer)}: expected ready {ready}")
            return answer.elapsed

        await within_bound(seconds, again, first=self.answers[-1].elapsed)

    def all_unknown(self) -> None:
        """Every answer says that there is no such pool."""
        expect(bool(self.answers), "no status was asked for yet")
        for answer in self.answers:
            refused(answer, (404,))

    def all_same(self) -> None:
        """Every answer says the same."""
        first, *others = [status_of(answer, self._asked_for).told for answer in self.answers]
        expect(bool(others), "the status was read once")
        odd = [told for told in others if told != first]
        expect(not odd, f"the first status was {first}, another {odd[:1]}")

    def none_contradicts(self) -> None:
        """No status that was watched contradicts itself."""
        expect(len(self.seen) > 1, "no status was watched")
        for status in self.seen:
            expect(not status.contradictions(), f"{'; '.join(status.contradictions())}: {status.told}")

    def seen_in_order(self, conditions: Sequence[tuple[bool, bool]]) -> None:
        """The watched statuses went through these (live, ready) in this order, whatever came between."""
        rest = iter([(status.live, status.ready) for status in self.seen])
        missing = [condition for condition in conditions if condition not in rest]
        expect(not missing, f"never seen in its turn: {missing}")

    def seen_free(self, counts: Collection[int]) -> None:
        """Each of these numbers of free slots was seen."""
        seen = {status.slots_free for status in self.seen}
        expect(set(counts) <= seen, f"seen were {sorted(seen)} free slots")

    # --- waiting ---

    async def until_ready(self, name: str, within: float = SOON) -> PoolStatus:
        """Wait until the pool is ready; a load that failed is not waited for."""

        async def check() -> PoolStatus | None:
            status = await self.read(name)
            failed = not status.live and status.last_error
            expect(not failed, f"pool {name!r} is not ready: {status.last_error}")
            return status if status.ready else None

        status = await self._world.time.until(check, within=within, what=f"pool {name!r} is ready")
        self.remember(name, status)
        return status

    async def until(self, name: str, *, live: bool | None = None, ready: bool | None = None) -> PoolStatus:
        """Wait until the status says what is asked for, adding what is read on the way to ``seen``."""

        async def check() -> PoolStatus | None:
            status = await self.read(name)
            self.seen.append(status)
            return status if live in (None, status.live) and ready in (None, status.ready) else None

        wanted = " and ".join(_in_words(word, value) for word, value in (("live", live), ("ready", ready)) if value is not None)
        return await self._world.time.until(check, within=SOON, what=f"pool {name!r} is {wanted}")

    async def until_gone(self, name: str, within: float = SOON) -> PoolStatus | None:
        """Wait until the pool is neither live nor ready, or unknown."""

        async def check() -> bool:
            return await self._is_gone(name)

        await self._world.time.until(check, within=within, what=f"pool {name!r} is neither live nor ready")
        return await self.find(name)

    async def _is_gone(self, name: str) -> bool:
        status = await self.find(name)
        return status is None or not (status.live or status.ready)

    async def gone(self, name: str) -> None:
        """The pool is neither live nor ready, now."""
        expect(await self._is_gone(name), f"pool {name!r} is live or ready")

    async def stays_loading(self, name: str, seconds: float) -> None:
        """The pool is live and never ready for a while."""
        await self.until(name, live=True)

        async def check() -> bool:
            status = await self.read(name)
            return status.live and not status.ready

        await self._world.time.throughout(check, seconds=seconds, what=f"pool {name!r} is live and not ready")

    async def not_ready(self, name: str) -> None:
        """The pool is known or unknown, but not ready."""
        status = await self.find(name)
        expect(status is None or not status.ready, f"pool {name!r} is ready")

    async def ready_now(self, name: str) -> None:
        """The pool is ready, without waiting."""
        status = await self.read(name)
        expect(status.live and status.ready, f"pool {name!r} is {status.told}")

    async def has_slots(self, name: str, slots: int) -> None:
        """The pool has so many slots, and all are free."""
        status = await self.read(name)
        said = (status.slots_total, status.slots_free)
        expect(said == (slots, slots), f"pool {name!r} has {said[0]} slots, {said[1]} of them free")

    async def names_url(self, name: str) -> None:
        """The status names the address at which the engine listens."""
        url = (await self.read(name)).told.get("url")
        expect(url == f"http://127.0.0.1:{self._world.pool(name).port}", f"the url of pool {name!r} is {url!r}")

    async def last_error_names(self, name: str, cause: str) -> None:
        """The last error of the pool names ``cause``."""
        error = (await self.read(name)).last_error
        expect(cause in error, f"the last error of pool {name!r} does not name {cause!r}: {error!r}")

    async def unknown(self, name: str) -> None:
        """Nobody knows the pool."""
        refused(await self._calls.status(self._world.pool(name).id), (404,))

    # --- engines ---

    def starts(self, name: str) -> tuple[int, ...]:
        """The processes that were started as the engine of a pool, in order."""
        return tuple(event["pid"] for event in self._world.records.starts(self._world.pool(name).nonce))

    def pid(self, name: str) -> int:
        """The process that was started last as the engine of a pool."""
        starts = self.starts(name)
        expect(bool(starts), f"the engine of pool {name!r} was never started")
        return starts[-1]

    def started_once(self, name: str) -> None:
        """The engine of a pool was started exactly once."""
        nonce = self._world.pool(name).nonce
        starts = len(self._world.records.starts(nonce)) + len(self._world.records.restarts(nonce))
        expect(starts == 1, f"the engine of pool {name!r} was started {starts} times")

    def started_with_its_flags(self, name: str) -> None:
        """The engine of a pool was started exactly once, with exactly the flags that were prepared."""
        self.started_once(name)
        pool = self._world.pool(name)
        seen = self._world.records.starts(pool.nonce)[0]["argv"][1:]
        expect(seen == pool.prepared["flags"], f"the engine got {seen}, not {pool.prepared['flags']}")

    def remember(self, name: str, status: PoolStatus) -> None:
        """From now on ``same_engine`` compares with this."""
        self._served[name] = (status.ready, self.starts(name))

    async def same_engine(self, name: str) -> None:
        """The engine that was there when the pool was last remembered is there still, and the pool is as ready as it was."""
        ready, starts = self._served[name]
        status = await self.read(name)
        expect(status.live and status.ready == ready, f"pool {name!r} is {status.told}")
        expect(self.starts(name) == starts, f"the engine of pool {name!r} was started as {self.starts(name)}, not {starts}")
        expect(self._world.target.is_alive(starts[-1]), f"the engine of pool {name!r}, process {starts[-1]}, is gone")
        expect(status.pid in (None, starts[-1]), f"the status names process {status.pid}, the engine is {starts[-1]}")

    async def nothing_left(self, name: str) -> None:
        """No process of the engine of a pool is left."""
        pids = self._world.records.pids(self._world.pool(name).nonce)
        expect(bool(pids), f"the engine of pool {name!r} was never started")

        async def check() -> bool:
            return not any(self._world.target.is_alive(pid) for pid in pids)

        await self._world.time.until(check, within=SOON, what=f"no process of the engine of pool {name!r} is left")


async def within_bound(seconds: float, trial: Callable[[], Awaitable[float]], *, first: float) -> None:
    """``first``, or one of some more trials, took at most ``seconds``."""
    took = [first]
    while took[-1] > seconds and len(took) < TRIALS:
        took.append(await trial())
    expect(took[-1] <= seconds, f"took {', '.join(f'{each:.3f}' for each in took)} s, at most {seconds:g} s are allowed")


async def at_once(calls: Sequence[Awaitable[Answer]]) -> list[Answer]:
    """The answers to calls that are made at the same time."""
    return list(await asyncio.gather(*calls))


def _in_words(word: str, value: bool) -> str:
    return word if value else f"not {word}"
