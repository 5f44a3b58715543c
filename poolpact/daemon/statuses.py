"""Reading statuses and waiting on them, in one scenario."""

import asyncio
import contextlib
from collections.abc import Awaitable, Collection, Sequence
from urllib.parse import urlsplit

from poolpact.daemon.answers import PoolStatus, error_text, refused, shown, status_of, told_of
from poolpact.daemon.bounds import Trial, timed, within_bound
from poolpact.daemon.calls import Calls
from poolpact.daemon.unanswered import NONE, tried
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World

SOON = 10.0
"""Seconds within which what must happen has to happen, where no requirement says less."""


def calls_of(world: World) -> Calls:
    """The calls on the scenario's pool manager."""
    return Calls(lambda: world.manager)


class Statuses:
    """What was read of the pools of a scenario, and what they were served by when they were last known to run.

    ``answers`` are those of the last step that asked, ``seen`` those about pools that were watched.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._served: dict[str, tuple[bool, tuple[int, ...]]] = {}
        self._asked_for = ""
        self._first = Trial(0.0)
        self._starts_before: tuple[int, ...] = ()
        self.answers: list[Answer] = []
        self.seen: list[Answer] = []

    # --- asking ---

    async def ask(self, name: str, times: int = 1) -> None:
        """Ask for the status of a pool, for the next sentences to judge."""
        self._asked_for, self._starts_before = self._world.pool(name).id, self.starts(name)
        self.answers = []

        async def once() -> float:
            self.answers.append(await tried(self._calls.status(self._asked_for)))
            return self.answers[-1].elapsed

        while len(self.answers) < times and all(answer.status != NONE for answer in self.answers):
            self._first = await timed(self._world.time, once)

    async def ask_until_known(self, name: str) -> None:
        """Ask for the status of a pool, as long as it is said to be unknown."""
        self._asked_for = self._world.pool(name).id

        async def check() -> bool:
            self.answers = [await tried(self._calls.status(self._asked_for))]
            return self.answers[0].status != 404

        with contextlib.suppress(AssertionError):
            await self._world.time.until(check, within=SOON, what="the pool is known")

    async def ask_lookalikes(self, name: str) -> None:
        """Ask for pools whose ids are almost that of pool ``name``."""
        pool_id = self._world.pool(name).id
        self.answers = [await tried(self._calls.status(other)) for other in (pool_id.swapcase(), f"{pool_id}x", pool_id[:-1])]

    def keep(self, answer: Answer, name: str) -> None:
        """Let the next sentences judge ``answer``, which is about pool ``name``."""
        self._asked_for, self.answers = self._world.pool(name).id, [answer]

    async def read(self, name: str) -> PoolStatus:
        """The status of a pool that is known."""
        status = await self.find(name)
        if status is None:
            raise AssertionError(f"pool {name!r} is unknown")
        return status

    async def find(self, name: str) -> PoolStatus | None:
        """The status of a pool, None when it is unknown."""
        return told_of(await self._calls.status(self._world.pool(name).id))

    # --- what was told ---

    @property
    def _last(self) -> Answer:
        expect(bool(self.answers), "no status was asked for yet")
        return self.answers[-1]

    def told(self, name: str) -> None:
        """The last answer is a whole status of pool ``name``."""
        status_of(self._last, self._world.pool(name).id)

    def told_or_forgotten(self, name: str) -> None:
        """The last answer is a whole status of pool ``name``, or says that the pool is not known any more."""
        if self._last.status == 404:
            refused(self._last, (404,))
        else:
            status_of(self._last, self._world.pool(name).id)

    def served(self) -> None:
        """The last answer is some status."""
        expect(told_of(self._last) is not None, f"{shown(self._last)}: expected a status")

    async def told_within(self, seconds: float, *, ready: bool) -> None:
        """The last status came in time, and says ``ready``."""
        _says(self._last, ready=ready)

        async def once() -> float:
            answer = await self._calls.status(self._asked_for)
            _says(answer, ready=ready)
            return answer.elapsed

        async def again() -> Trial:
            return await timed(self._world.time, once)

        await within_bound(seconds, again, first=self._first)

    def all_unknown(self) -> None:
        """Every answer says, in JSON, that there is no such pool."""
        expect(bool(self.answers), "no status was asked for yet")
        for answer in self.answers:
            refused(answer, (404,))
            error_text(answer)

    def all_same(self) -> None:
        """Every answer says the same: of whatever else a status has, something may be about time itself."""
        expect(len(self.answers) > 1, "the status was read once")
        said = [None if (status := told_of(answer)) is None else status.members for answer in self.answers]
        odd = [members for members in said if members != said[0]]
        expect(not odd, f"the first status was {said[0]}, another {odd[:1]}")

    def not_started_by_asking(self, name: str) -> None:
        """While the status was read, no engine of the pool was started."""
        starts = self.starts(name)
        expect(starts == self._starts_before, f"the engine of pool {name!r} was started as {starts}, not {self._starts_before}")

    # --- watching ---

    def none_contradicts(self) -> None:
        """No status that was watched contradicts itself."""
        expect(len(self.seen) > 1, "no status was watched")
        for answer in self.seen:
            status = told_of(answer)
            wrong = [] if status is None else status.contradictions()
            expect(not wrong, f"{shown(answer)}: {'; '.join(wrong)}")

    def all_whole(self, name: str) -> None:
        """Each status that was watched was a whole one of pool ``name``, but for those that said it was not known."""
        whole = [status_of(answer, self._world.pool(name).id) for answer in self.seen if answer.status != 404]
        expect(len(whole) > 1, "no status was watched")

    def seen_in_order(self, *conditions: tuple[bool, bool]) -> None:
        """The watched statuses went through these (live, ready) in this order, whatever came between."""
        statuses = (told_of(answer) for answer in self.seen)
        rest = iter([(False, False) if status is None else (status.live, status.ready) for status in statuses])
        missing = [condition for condition in conditions if condition not in rest]
        expect(not missing, f"never seen in its turn: {missing}")

    def seen_free(self, counts: Collection[int]) -> None:
        """Each of these numbers of free slots was seen."""
        seen = {None if (status := told_of(answer)) is None else status.slots_free for answer in self.seen}
        expect(set(counts) <= seen, f"seen were {seen} free slots")

    async def look(self, name: str) -> PoolStatus | None:
        """As :meth:`find`, adding the answer to ``seen``."""
        self.seen.append(await self._calls.status(self._world.pool(name).id))
        return told_of(self.seen[-1])

    # --- waiting ---

    async def until(self, name: str, *, live: bool | None = None, ready: bool | None = None) -> PoolStatus | None:
        """Wait until the status says what is asked for, adding what is read on the way to ``seen``.

        A pool that is unknown is neither live nor ready.
        """

        async def check() -> bool:
            status = await self.look(name)
            said = (False, False) if status is None else (status.live, status.ready)
            return live in (None, said[0]) and ready in (None, said[1])

        wanted = " and ".join(_in_words(word, value) for word, value in (("live", live), ("ready", ready)) if value is not None)
        await self._world.time.until(check, within=SOON, what=f"pool {name!r} is {wanted}")
        return told_of(self.seen[-1])

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

    async def not_ready(self, name: str) -> None:
        """The pool is known or unknown, but not ready."""
        status = await self.find(name)
        expect(status is None or not status.ready, f"pool {name!r} is ready")

    async def has_slots(self, name: str, slots: int) -> None:
        """The pool has so many slots."""
        status = await self.read(name)
        expect(status.slots_total == slots, f"pool {name!r} has {status.slots_total!r} slots")

    async def names_url(self, name: str) -> None:
        """The status names an address at which the engine listens: its port, by whichever name of the host."""
        url, port = (await self.read(name)).told.get("url"), self._world.pool(name).port
        try:
            parts = urlsplit(url) if isinstance(url, str) else None
            is_right = parts is not None and parts.scheme == "http" and bool(parts.hostname) and parts.port == port
        except ValueError:
            is_right = False
        expect(is_right, f"the url of pool {name!r} is {url!r}, its engine listens on port {port}")

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

    def remember(self, name: str, *, ready: bool) -> None:
        """From now on ``same_engine`` compares with what serves the pool, which is ``ready``, now."""
        self._served[name] = (ready, self.starts(name))

    async def same_engine(self, name: str) -> None:
        """The engine that was there when the pool was last remembered is there still, and the pool is as ready as it was."""
        expect(name in self._served, f"pool {name!r} was never seen to be served")
        ready, starts = self._served[name]
        expect(bool(starts), f"the engine of pool {name!r} was never started")
        status = await self.read(name)
        expect(status.live and status.ready == ready, f"pool {name!r} is {str(status.told)[:300]}")
        expect(self.starts(name) == starts, f"the engine of pool {name!r} was started as {self.starts(name)}, not {starts}")
        expect(self._world.target.is_alive(starts[-1]), f"the engine of pool {name!r}, process {starts[-1]}, is gone")

    async def nothing_left(self, name: str) -> None:
        """No process of the engine of a pool is left."""
        pids = self._world.records.pids(self._world.pool(name).nonce)
        expect(bool(pids), f"the engine of pool {name!r} was never started")

        async def check() -> bool:
            return not any(self._world.target.is_alive(pid) for pid in pids)

        await self._world.time.until(check, within=SOON, what=f"no process of the engine of pool {name!r} is left")


async def at_once(calls: Sequence[Awaitable[Answer]]) -> list[Answer]:
    """The answers to calls that are made at the same time."""
    return list(await asyncio.gather(*calls))


def _says(answer: Answer, *, ready: bool) -> None:
    status = told_of(answer)
    expect(status is not None and status.ready == ready, f"{shown(answer)}: expected ready {str(ready).lower()}")


def _in_words(word: str, value: bool) -> str:
    return word if value else f"not {word}"
