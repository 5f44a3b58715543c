"""Who is told what happens: new readers, readers that were away, slow ones, and when there is nothing to tell."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from functools import wraps

from pool_managerd.domain.feed import Change, Gap
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.status import PoolStatus
from pool_managerd.manager.changes import HEARTBEAT, Changes, Heartbeat, Numbered, Reset, Snapshot, Told
from poolpact.virtual.clock import VirtualClock
from poolpact.virtual.loop import IdleTellingLoop

READY = PoolStatus("p", True, True, False, 0, 2, 2, PoolState.READY, None, "1", None, "/m", None, 7)


def leased(count: int) -> PoolStatus:
    return replace(READY, active_leases=count, slots_free=2 - count)


class Room:
    """Changes of a pool whose clock is virtual; ``leases`` is what has become of it."""

    def __init__(self, clock: VirtualClock, kept: int) -> None:
        self.clock = clock
        self.status = READY
        self.changes = Changes(lambda: (self.status,), clock, kept)

    def lease(self, count: int) -> None:
        self.status = leased(count)
        self.changes.tell(Change(self.status, PoolState.READY, "leases", self.clock.monotonic()))

    async def next(self, reading: AsyncGenerator[Told, None]) -> Told:
        return await self.clock.complete(anext(reading), 60.0)


def with_room(kept: int = 3) -> Callable[[Callable[[Room], Awaitable[None]]], Callable[[], None]]:
    def decorate(test: Callable[[Room], Awaitable[None]]) -> Callable[[], None]:
        @wraps(test)
        def run() -> None:
            loop = IdleTellingLoop()
            try:
                loop.run_until_complete(in_room(loop))
            finally:
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()

        async def in_room(loop: IdleTellingLoop) -> None:
            await test(Room(VirtualClock(loop), kept))

        del run.__wrapped__
        return run

    return decorate


def number_of(told: Told) -> int:
    assert isinstance(told, Snapshot | Numbered), told
    return int(told.event_id.rpartition("-")[2])


@with_room()
async def test_a_new_reader_begins_with_all_pools_and_goes_on(room: Room) -> None:
    room.lease(1)
    reading = room.changes.read()
    first = await room.next(reading)
    assert isinstance(first, Snapshot)
    assert (first.pools, number_of(first)) == ((leased(1),), 1)
    room.lease(2)
    room.lease(0)
    told = [await room.next(reading), await room.next(reading)]
    assert [(number_of(each), each.change.status) for each in told if isinstance(each, Numbered)] == [
        (2, leased(2)),
        (3, leased(0)),
    ]


@with_room()
async def test_a_reader_that_was_away_goes_on_without_a_snapshot(room: Room) -> None:
    first = await room.next(room.changes.read())
    assert isinstance(first, Snapshot)
    room.lease(1)
    told = await room.next(room.changes.read(first.event_id))
    assert isinstance(told, Numbered)
    assert (number_of(told), told.change.status) == (1, leased(1))


@with_room()
async def test_a_reader_that_was_away_too_long_begins_anew(room: Room) -> None:
    first = await room.next(room.changes.read())
    assert isinstance(first, Snapshot)
    for count in (1, 2, 1, 2):
        room.lease(count)
    reading = room.changes.read(first.event_id)
    assert await room.next(reading) == Reset(Gap.TOO_OLD)
    assert number_of(await room.next(reading)) == 4


@with_room()
async def test_a_reader_with_an_id_of_nobody_begins_anew(room: Room) -> None:
    reading = room.changes.read("nobody-1")
    assert await room.next(reading) == Reset(Gap.UNKNOWN)
    assert isinstance(await room.next(reading), Snapshot)


@with_room()
async def test_a_slow_reader_begins_anew_and_nothing_is_kept_for_it(room: Room) -> None:
    reading = room.changes.read()
    await room.next(reading)
    for number in range(10_000):
        room.lease(number % 2 + 1)
    assert await room.next(reading) == Reset(Gap.TOO_SLOW)
    snapshot = await room.next(reading)
    assert isinstance(snapshot, Snapshot)
    assert (number_of(snapshot), snapshot.pools) == (10_000, (leased(2),))
    room.lease(1)
    assert number_of(await room.next(reading)) == 10_001


@with_room()
async def test_there_is_a_heartbeat_after_a_while_of_silence_and_never_beside_a_change(room: Room) -> None:
    reading = room.changes.read()
    await room.next(reading)
    for beat in (1, 2, 3):
        assert await room.next(reading) == Heartbeat()
        assert abs(room.clock.monotonic() - beat * HEARTBEAT) < 0.001
    room.lease(1)
    assert isinstance(await room.next(reading), Numbered)
    assert await room.next(reading) == Heartbeat()
    assert abs(room.clock.monotonic() - 4 * HEARTBEAT) < 0.001


@with_room()
async def test_a_reader_ends_when_nothing_will_happen_any_more_and_has_read_everything(room: Room) -> None:
    reading = room.changes.read()
    await room.next(reading)
    room.lease(1)
    room.lease(0)
    room.changes.close()
    assert [number_of(each) async for each in reading] == [1, 2]
    assert [number_of(each) async for each in room.changes.read()] == [2]


@with_room()
async def test_a_reader_that_waits_is_woken_by_the_end(room: Room) -> None:
    reading = room.changes.read()
    await room.next(reading)
    waiting = asyncio.ensure_future(anext(reading, None))
    await asyncio.sleep(0)
    room.changes.close()
    assert await waiting is None


@with_room()
async def test_listeners_hear_every_change_at_once(room: Room) -> None:
    heard: list[int] = []
    room.changes.listen(lambda change: heard.append(change.status.active_leases))
    room.lease(1)
    room.lease(2)
    assert heard == [1, 2]
