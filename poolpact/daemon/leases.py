"""Leases, in one scenario."""

from collections.abc import Collection
from datetime import datetime
from email.utils import parsedate_to_datetime

from poolpact.daemon.answers import lease_of, refused, shown
from poolpact.daemon.statuses import SOON, Statuses, at_once, calls_of
from poolpact.daemon.unanswered import NONE, tried
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World

GRANTED = (200, 201)
_FINE = (200, 204)
_PART_OF_TTL = 0.4
"""After this part of a lease's life its holder renews it."""


class Leases:
    """The leases of a scenario by the names it gives them; ``answers`` are those of the last step."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._statuses = world.of(Statuses)
        self._pool_of: dict[str, str] = {}
        self._answer_of: dict[str, Answer] = {}
        self._ids: dict[str, str] = {}
        self.answers: list[Answer] = []

    @property
    def answer(self) -> Answer:
        """The last answer."""
        expect(bool(self.answers), "no lease was asked for yet")
        return self.answers[-1]

    def lease_id(self, lease: str) -> str:
        """The id of a lease that was granted."""
        if lease not in self._ids:
            self._ids[lease] = str(lease_of(self._answer_of[lease], GRANTED)["lease_id"])
        return self._ids[lease]

    async def take(self, lease: str, name: str, key: str | None = None) -> Answer:
        """Ask for a lease on pool ``name``, to be called ``lease``."""
        self._pool_of[lease] = name
        key = None if key is None else f"{self._world.pool(name).id}-{key}"
        self._answer_of[lease] = await tried(self._calls.acquire(self._world.pool(name).id, key))
        self._ids.pop(lease, None)
        self.answers = [self._answer_of[lease]]
        return self.answer

    async def hold(self, lease: str, name: str) -> None:
        """Take a lease, which must be granted."""
        lease_of(await self.take(lease, name))

    async def take_at_once(self, callers: int, name: str, key: str | None = None) -> None:
        """Let several callers ask for a lease on pool ``name`` at once."""
        pool_id = self._world.pool(name).id
        key = None if key is None else f"{pool_id}-{key}"
        self.answers = await at_once([tried(self._calls.acquire(pool_id, key)) for _ in range(callers)])

    async def give_back(self, lease: str) -> None:
        """Give a lease back, which must be answered."""
        self.answers = [await self._calls.release(self._world.pool(self._pool_of[lease]).id, self.lease_id(lease))]

    async def give_back_again(self, lease: str, times: int) -> None:
        """Give a lease back several times, as long as that is answered."""
        pool_id, lease_id = self._world.pool(self._pool_of[lease]).id, self.lease_id(lease)
        self.answers = []
        while len(self.answers) < times and all(answer.status != NONE for answer in self.answers):
            self.answers.append(await tried(self._calls.release(pool_id, lease_id)))

    async def give_back_unknown(self, name: str) -> None:
        """Give back a lease that never was."""
        self.answers = [await tried(self._calls.release(self._world.pool(name).id, "0" * 32))]

    async def come_and_go(self, name: str, leases: int) -> None:
        """Take ``leases`` leases as far as they go and give them back, reading the status after each step."""
        taken = []
        for _ in range(leases):
            answer = await self._calls.acquire(self._world.pool(name).id)
            if answer.status != 429:
                taken.append(str(lease_of(answer)["lease_id"]))
            await self._statuses.look(name)
        for lease_id in taken:
            await self._calls.release(self._world.pool(name).id, lease_id)
            await self._statuses.look(name)

    # --- outcomes ---

    def granted(self, lease: str) -> None:
        """A lease was granted, and ends in the future."""
        told = lease_of(self._answer_of[lease])
        try:
            expires_at = datetime.fromisoformat(told["expires_at"])
        except ValueError:
            raise AssertionError(f"{shown(self._answer_of[lease])}: expires_at is no time") from None
        expect(expires_at.tzinfo is not None, f"{shown(self._answer_of[lease])}: expires_at is without a time zone")
        now = self._answer_of[lease].headers.get("date")
        if now is not None:
            expect(expires_at > parsedate_to_datetime(now), f"{shown(self._answer_of[lease])}: it has ended already")

    def same(self, first: str, second: str) -> None:
        """Two leases that were granted are one."""
        ids = (self.lease_id(first), self.lease_id(second))
        expect(ids[0] == ids[1], f"leases {first!r} and {second!r} are {ids}")

    def different(self, first: str, second: str) -> None:
        """Two leases that were granted are two."""
        expect(self.lease_id(first) != self.lease_id(second), f"leases {first!r} and {second!r} are one")

    def _granted_ids(self, statuses: Collection[int]) -> list[str]:
        return [str(lease_of(answer, statuses)["lease_id"]) for answer in self.answers if answer.status in statuses]

    def exactly(self, count: int) -> None:
        """Exactly ``count`` of the callers got a lease, and no two the same."""
        ids = self._granted_ids((201,))
        others = [shown(answer) for answer in self.answers if answer.status != 201]
        expect(
            len(ids) == count,
            f"{len(ids)} of {len(self.answers)} callers got a lease" + "".join(f"; {other}" for other in others[:1]),
        )
        expect(len(set(ids)) == count, f"some of them are the same: {ids}")

    def others_refused(self) -> None:
        """Whoever got no lease was told that there is no free slot."""
        others = [answer for answer in self.answers if answer.status != 201]
        expect(bool(others), "everybody got a lease")
        for answer in others:
            self.no_free_slot(answer)

    def all_the_same(self) -> None:
        """All of the callers got one and the same lease."""
        ids = {str(lease_of(answer, GRANTED)["lease_id"]) for answer in self.answers}
        expect(len(ids) == 1, f"they got the leases {sorted(ids)}")

    def fine(self) -> None:
        """Every release was fine."""
        expect(bool(self.answers), "nothing was given back yet")
        for answer in self.answers:
            expect(answer.status in _FINE, f"{shown(answer)}: expected that this is fine")

    def no_free_slot(self, answer: Answer) -> None:
        """There is no free slot, and the caller is told when to ask again."""
        refused(answer, (429,))
        after = answer.headers.get("retry-after", "")
        expect(after.isdigit(), f"{shown(answer)}: Retry-After is {after!r}, not a number of seconds")

    def not_ready(self) -> None:
        """The pool is not ready for leases."""
        refused(self.answer, (409,))

    async def renewable(self, lease: str) -> None:
        """A lease can be renewed."""
        answer = await self._calls.renew(self._world.pool(self._pool_of[lease]).id, self.lease_id(lease))
        told = lease_of(answer, (200,))
        expect(told["lease_id"] == self.lease_id(lease), f"{shown(answer)}: another lease than {self.lease_id(lease)}")

    async def lost(self, lease: str) -> None:
        """A lease is lost."""
        answer = await self._calls.renew(self._world.pool(self._pool_of[lease]).id, self.lease_id(lease))
        refused(answer, (404, 410))

    async def counted(self, name: str, active: int, free: int) -> None:
        """The pool has this many leases and free slots."""
        status = await self._statuses.read(name)
        counts = (status.active_leases, status.slots_free)
        expect(counts == (active, free), f"pool {name!r} has {counts[0]} active leases and {counts[1]} free slots")

    # --- time ---

    async def keep(self, lease: str, ttl: float) -> None:
        """Renew a lease for longer than one lasts, while the other leases of its pool end; stop when it is not renewed."""
        pool_id, lease_id = self._world.pool(self._pool_of[lease]).id, self.lease_id(lease)
        end = self._world.time.now() + 1.3 * ttl
        while self._world.time.now() < end:
            self.answers = [await tried(self._calls.renew(pool_id, lease_id))]
            if self.answer.status != 200:
                return
            await self._pass(_PART_OF_TTL * ttl)

    async def _pass(self, seconds: float) -> None:
        async def nothing() -> bool:
            return True

        await self._world.time.throughout(nothing, seconds=seconds, what="time passes")

    async def outlast(self, ttl: float) -> None:
        """Let as much time pass as a lease lasts that is not renewed."""
        await self._pass(ttl)

    async def until_expired(self, name: str) -> None:
        """Wait until no lease of pool ``name`` is active any more."""

        async def check() -> bool:
            return (await self._statuses.read(name)).active_leases == 0

        await self._world.time.until(check, within=SOON, what=f"the leases of pool {name!r} end")
