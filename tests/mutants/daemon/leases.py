"""Leases."""

import asyncio
from collections import defaultdict
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pool_managerd.api import problems
from pool_managerd.api.gate import Gate
from pool_managerd.api.problems import STATUS
from pool_managerd.domain.errors import LeaseLost, NoFreeSlot
from pool_managerd.domain.leases import Lease, LeaseBook
from pool_managerd.manager import PoolManager
from pool_managerd.manager.published_pool import PublishedPool
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework


def shows_a_lease_with_the_next_call() -> None:
    def acquire(self: Any, *arguments: Any) -> Any:
        before = self.status
        taken = take(self, *arguments)
        self.status = before
        return taken

    take = PublishedPool.acquire
    patch(PublishedPool, "acquire", acquire)


def ends_leases_in_the_past() -> None:
    def grant(self: Any, *arguments: Any, **named: Any) -> Any:
        given = make(self, *arguments, **named)
        return replace(given, expires_at=given.expires_at - timedelta(hours=1))

    make = PoolManager._grant
    patch(PoolManager, "_grant", grant)


def has_nothing_new() -> None:
    def acquire(self: Any, *arguments: Any) -> Any:
        return replace(take(self, *arguments), is_new=False)

    take = PoolManager.acquire
    patch(PoolManager, "acquire", acquire)


def takes_two_slots() -> None:
    patch(LeaseBook, "free", property(lambda self: max(self.slots_total - 2 * len(self), 0)))


def does_not_say_when() -> None:
    rework(problems, "_headers", lambda headers: lambda error: {} if isinstance(error, NoFreeSlot) else headers(error))


def tells_status(error: type[Exception], status: int) -> Any:
    return lambda: patch(STATUS, error, status)


def frees_the_oldest_instead() -> None:
    def release(self: Any, now: float, lease_id: str) -> bool:
        self.expire(now)
        if lease_id not in self._leases:
            lease_id = next(iter(self._leases), lease_id)
        return give_back(self, now, lease_id)

    give_back = LeaseBook.release
    patch(LeaseBook, "release", release)


def frees_a_slot_with_each_release() -> None:
    extra: defaultdict[int, int] = defaultdict(int)

    def release(self: Any, now: float, lease_id: str) -> bool:
        was_held = give_back(self, now, lease_id)
        extra[id(self)] += not was_held
        return was_held

    give_back = LeaseBook.release
    patch(LeaseBook, "release", release)
    patch(LeaseBook, "free", property(lambda self: self.slots_total - len(self) + extra[id(self)]))


def loses_patience_with_a_second_release() -> None:
    def release(self: Any, lease_id: str) -> None:
        if not self.pool.release(self._clock.monotonic(), lease_id):
            raise LeaseLost(self.pool.prepared.pool_id)
        self.publish("lease given back")

    PublishedPool.release  # noqa: B018
    patch(PublishedPool, "release", release)


def never_expires() -> None:
    patch(LeaseBook, "expire", lambda self, now: 0)


def does_not_prolong() -> None:
    def renew(self: Any, now: float, lease_id: str) -> Any:
        self.expire(now)
        return self._leases.get(lease_id)

    patch(LeaseBook, "renew", renew)


def expires_when_somebody_calls() -> None:
    async def nobody(self: Any) -> None:
        return

    patch(PublishedPool, "_expire_leases", nobody)


def revives_what_has_ended() -> None:
    def renew(self: Any, now: float, lease_id: str) -> Any:
        self._leases.setdefault(lease_id, Lease(lease_id, now))
        self._leases[lease_id] = replace(self._leases[lease_id], expires_at=now + self.ttl)
        return self._leases[lease_id]

    patch(LeaseBook, "renew", renew)


def takes_what_it_saw_free() -> None:
    books: list[Any] = []
    seen: ContextVar[int] = ContextVar("seen")

    def make_call(call: Any) -> Any:
        async def slow(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if scope["method"] == "POST" and scope["path"].endswith("/leases"):
                seen.set(books[-1].free if books else 0)
                await asyncio.sleep(0.05)
            await call(self, scope, receive, send)

        return slow

    def acquire(self: Any, now: float, lease_id: str, key: str | None = None) -> Any:
        taken = take(self, now, lease_id, key)
        if taken is not None or seen.get() <= 0:
            return taken
        self._leases[lease_id] = Lease(lease_id, now + self.ttl, key)
        return self._leases[lease_id], True

    def init(self: Any, *arguments: Any) -> None:
        make(self, *arguments)
        books.append(self)

    take, make = LeaseBook.acquire, LeaseBook.__init__
    rework(Gate, "__call__", make_call)
    patch(LeaseBook, "acquire", acquire)
    patch(LeaseBook, "__init__", init)
    patch(LeaseBook, "free", property(lambda self: max(self.slots_total - len(self._leases), 0)))


def turns_away_who_comes_at_the_same_time() -> None:
    busy: set[str] = set()

    def make(call: Any) -> Any:
        async def alone(self: Any, scope: Any, receive: Any, send: Any) -> None:
            path = scope["path"]
            if scope["method"] != "POST" or not path.endswith("/leases"):
                await call(self, scope, receive, send)
                return
            if path in busy:
                await problems.problem_response(NoFreeSlot("pool", 1, 1.0), path)(scope, receive, send)
                return
            busy.add(path)
            await asyncio.sleep(0.05)
            busy.discard(path)
            await call(self, scope, receive, send)

        return alone

    rework(Gate, "__call__", make)


def knows_no_keys() -> None:
    rework(LeaseBook, "acquire", lambda take: lambda self, now, lease_id, key=None: take(self, now, lease_id))


def looks_at_the_key_when_a_slot_is_free() -> None:
    def acquire(self: Any, now: float, lease_id: str, key: str | None = None) -> Any:
        self.expire(now)
        return take(self, now, lease_id, key) if self.free > 0 else None

    take = LeaseBook.acquire
    patch(LeaseBook, "acquire", acquire)


def remembers_keys_for_ever() -> None:
    by_key: dict[str, Any] = {}

    def acquire(self: Any, now: float, lease_id: str, key: str | None = None) -> Any:
        if key in by_key:
            return by_key[key], False
        taken = take(self, now, lease_id, key)
        if key is not None and taken is not None:
            by_key[key] = taken[0]
        return taken

    take = LeaseBook.acquire
    patch(LeaseBook, "acquire", acquire)


MUTANTS = (
    Mutant(
        "PM-LEASE-1: shows a lease with the next call",
        shows_a_lease_with_the_next_call,
        also=frozenset({"PM-LEASE-6"}),
        why="it looks at the counters, too",
    ),
    Mutant("PM-LEASE-1: tells an end that is over", ends_leases_in_the_past),
    Mutant("PM-LEASE-1: says 200", has_nothing_new),
    Mutant(
        "PM-LEASE-1: takes two slots for a lease",
        takes_two_slots,
        also=frozenset({"PM-LEASE-3", "PM-LEASE-5", "PM-LEASE-6", "PM-STATUS-3"}),
        why="they look at the counters, too",
    ),
    Mutant(
        "PM-LEASE-2: does not say when to ask again",
        does_not_say_when,
        also=frozenset({"PM-LEASE-5"}),
        why="who loses the race is told, too",
    ),
    Mutant(
        "PM-LEASE-2: says 409 when every slot is taken",
        tells_status(NoFreeSlot, 409),
        also=frozenset({"PM-LEASE-5"}),
        why="who loses the race is told, too",
    ),
    Mutant("PM-LEASE-3: frees the oldest lease for one it does not know", frees_the_oldest_instead),
    Mutant("PM-LEASE-3: frees a slot with each release", frees_a_slot_with_each_release),
    Mutant("PM-LEASE-3: refuses the second release", loses_patience_with_a_second_release),
    Mutant("PM-LEASE-4: never ends a lease", never_expires),
    Mutant("PM-LEASE-4: does not prolong what is renewed", does_not_prolong),
    Mutant("PM-LEASE-4: ends a lease when somebody calls", expires_when_somebody_calls),
    Mutant(
        "PM-LEASE-4: revives a lease that has ended",
        revives_what_has_ended,
        also=frozenset({"PM-STOP-1"}),
        why="a lease must not outlive its engine",
    ),
    Mutant("PM-LEASE-5: takes what it saw free a moment ago", takes_what_it_saw_free),
    Mutant("PM-LEASE-5: turns away who comes at the same time", turns_away_who_comes_at_the_same_time),
    Mutant("PM-LEASE-6: does not know keys", knows_no_keys),
    Mutant("PM-LEASE-6: looks at the key only when a slot is free", looks_at_the_key_when_a_slot_is_free),
    Mutant("PM-LEASE-6: remembers a key for ever", remembers_keys_for_ever),
)
