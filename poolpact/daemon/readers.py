"""Readers of a pool manager's events, in one scenario."""

import time as real_time
from collections.abc import Callable, Mapping, Sequence

from poolpact.daemon.answers import shown as shown_answer
from poolpact.daemon.reader import EventId, Reader, pools_of, shown, status_in
from poolpact.daemon.statuses import SOON, Statuses
from poolpact.event_stream import SseEvent
from poolpact.expectation import expect
from poolpact.targets.base import Answer, EventSource
from poolpact.world import World

_LATE = 1.0
"""Seconds that a heartbeat may come late."""
_FAR = 1_000_000
_MEMBERS = ("pool_id", "live", "ready", "active_leases", "slots_total", "slots_free")


class Readers:
    """The readers of a scenario, by what it calls them. Who still reads when the scenario is over hangs up."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._statuses = world.of(Statuses)
        self._readers: dict[str, Reader] = {}

    def _reader(self, name: str) -> Reader:
        expect(name in self._readers, f"there is no reader {name!r}")
        return self._readers[name]

    async def _open(self, last_event_id: str | None = None) -> EventSource:
        headers = {} if last_event_id is None else {"last-event-id": last_event_id}
        opened = await self._world.manager.watch(headers)
        if isinstance(opened, Answer):
            raise AssertionError(f"{shown_answer(opened)}: expected a stream of events")
        return opened

    async def begin(self, name: str) -> None:
        """Let somebody begin to read."""
        reader = self._readers[name] = Reader(await self._open())
        self._world.defer(reader.hang_up)

    async def begin_and_know(self, name: str) -> None:
        """Let somebody begin to read, and read what it is told first."""
        await self.begin(name)
        event = await self._next(self._reader(name))
        expect(event.event == "snapshot", f"{shown(event)}: expected a snapshot first")

    async def _next(self, reader: Reader, within: float = SOON) -> SseEvent:
        """The next event that is no comment."""
        deadline = self._world.time.now() + within
        count = len(reader.told)
        while len(reader.told) == count:
            heard = await reader.hear(max(deadline - self._world.time.now(), 0.001))
            expect(heard is not None, "the stream of events ended")
        return reader.told[-1]

    async def hang_up(self, name: str) -> None:
        """Let a reader read no more."""
        await self._reader(name).hang_up()

    async def come_back(self, name: str) -> None:
        """Let a reader that was away go on where it was."""
        reader = self._reader(name)
        reader.come_back(await self._open(reader.last_id))

    async def come_back_with(self, name: str, phrase: str) -> None:
        """Let a reader hang up, and come back with the last id that ``phrase`` describes."""
        reader = self._reader(name)
        last = EventId.of_last(reader.told)
        if last is None:
            raise AssertionError(f"reader {name!r} was told nothing that has an id")
        await reader.hang_up()
        reader.come_back(await self._open(_described(phrase, last)))

    # --- what a reader is told ---

    async def _until(self, name: str, is_wanted: Callable[[SseEvent], bool], what: str) -> SseEvent:
        """Read until an event is wanted; those that were found before count no more."""
        reader = self._reader(name)
        deadline = real_time.monotonic() + SOON
        while (found := reader.find(is_wanted)) is None:
            last = shown(reader.told[-1]) if reader.told else "nothing"
            told = f"reader {name!r} is not told that {what}; the last it was told is {last}"
            expect(real_time.monotonic() < deadline, told)
            await self._next(reader)
        return found

    async def told_first(self, name: str, pools: Sequence[str]) -> None:
        """The first that a reader is told are all pools, of which these are as their statuses say."""
        await self._is_snapshot(await self._next(self._reader(name)), pools)

    async def _is_snapshot(self, event: SseEvent, pools: Sequence[str]) -> None:
        expect(event.event == "snapshot", f"{shown(event)}: expected a snapshot")
        EventId.of(event)
        told = pools_of(event)
        expect(bool(pools), "no pool is named")
        for pool in pools:
            listed = told.get(self._world.pool(pool).id)
            expect(_six(listed) == await self._known(pool), f"the snapshot says of pool {pool!r}: {listed}")

    async def told_anew(self, name: str, pools: Sequence[str]) -> None:
        """A reader is told that it has missed something, and then all pools."""
        event = await self._next(self._reader(name))
        expect(event.event == "reset", f"{shown(event)}: expected a reset")
        await self._is_snapshot(await self._next(self._reader(name)), pools)

    async def told_pool(self, name: str, pool: str, **members: object) -> None:
        """A reader is told that a pool has changed, and that its status says this."""
        pool_id = self._world.pool(pool).id

        def is_wanted(event: SseEvent) -> bool:
            if event.event != "change":
                return False
            status = status_in(event)
            return status["pool_id"] == pool_id and all(status.get(member) == value for member, value in members.items())

        what = " and ".join(f"{member} is {value}" for member, value in members.items())
        event = await self._until(name, is_wanted, f"of pool {pool!r} {what}")
        expect(event.data["pool_id"] == pool_id, f"{shown(event)}: another pool")

    async def told_gone(self, name: str, pool: str) -> None:
        """A reader is told that a pool is no more."""
        pool_id = self._world.pool(pool).id

        def is_wanted(event: SseEvent) -> bool:
            return event.event == "change" and status_in(event)["pool_id"] == pool_id and event.data.get("to") == "absent"

        event = await self._until(name, is_wanted, f"pool {pool!r} is gone")
        expect(event.data.get("live") is False, f"{shown(event)}: gone, and live")

    async def told_everything(self, name: str, pool: str) -> None:
        """A reader knows how a pool is, and was told every change on the way there once, in order."""
        await self._catch_up(name, pool)
        self._reader(name).misses_nothing()

    async def _catch_up(self, name: str, pool: str) -> None:
        """Read whatever has happened by now, and on until what a reader believes of a pool is so."""
        reader, pool_id = self._reader(name), self._world.pool(pool).id
        latest = await self._latest()
        while (read := EventId.of_last(reader.told)) is None or read.number < latest.number:
            await self._next(reader)
        expect(read.boot == latest.boot, f"reader {name!r} reads of {read}, and the latest is {latest}")
        deadline = real_time.monotonic() + SOON
        while (believed := _six(reader.last_of(pool_id))) != (known := await self._known(pool)):
            expect(real_time.monotonic() < deadline, f"reader {name!r} believes that pool {pool!r} is {believed}, it is {known}")
            await self._next(reader)

    async def _latest(self) -> EventId:
        """The number of the last change of any pool, which is what somebody who begins to read now is told first."""
        passer_by = Reader(await self._open())
        try:
            return EventId.of(await self._next(passer_by))
        finally:
            await passer_by.hang_up()

    async def _known(self, pool: str) -> Mapping[str, object] | None:
        status = await self._statuses.find(pool)
        return None if status is None else status.members

    async def told_what_was_missed(self, name: str, pool: str) -> None:
        """A reader that came back was told every change, those that it was away for included, and nothing besides."""
        await self.told_everything(name, pool)
        again = [shown(event) for event in self._reader(name).since_return() if event.event != "change"]
        expect(not again, f"reader {name!r} came back and was told, besides changes: {again}")

    async def told_the_same(self, first: str, second: str) -> None:
        """Two readers were told the same changes under the same ids, from where both of them read on."""
        readers = (self._reader(first), self._reader(second))
        begins, ends = zip(*(self._range(reader) for reader in readers), strict=True)
        begin, end = max(begins), max(ends)
        told = []
        for reader in readers:
            while self._range(reader)[1] < end:
                await self._next(reader)
            told.append([each for each in reader.changes() if begin < EventId.of(each).number <= end])
        expect(bool(told[0]), "no change was told to both")
        expect(told[0] == told[1], f"reader {first!r} was told {told[0]}, reader {second!r} {told[1]}")

    def _range(self, reader: Reader) -> tuple[int, int]:
        numbers = [EventId.of(event).number for event in reader.told if event.id]
        expect(bool(numbers), "a reader was told nothing")
        return numbers[0], numbers[-1]

    async def hears(self, name: str, seconds: float, times: int) -> None:
        """However quiet it is, a reader hears something so many times, be it a comment, never later than after ``seconds``."""
        reader = self._reader(name)
        expect(times > 0, "nothing is to be heard")
        for _ in range(times):
            heard = await reader.hear(seconds + _LATE)
            expect(heard is not None, "the stream of events ended")

    async def recovers(self, name: str, pool: str) -> None:
        """A reader that was slow has a gap nowhere that it was not told of, and in the end it knows how the pool is."""
        await self._catch_up(name, pool)
        self._reader(name).misses_nothing()


def _six(status: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """What every status has, of one that was told; None for no status."""
    return None if status is None else {member: status.get(member) for member in _MEMBERS}


def _described(phrase: str, last: EventId) -> str:
    """The last id that ``phrase`` describes; KeyError for a phrase that describes none."""
    return {
        "an id of another run": f"{last.boot}0-{last.number}",
        "an id that is yet to come": f"{last.boot}-{last.number + _FAR}",
        "an id with a negative number": f"{last.boot}--1",
        "an id with a number that is too large for anything": f"{last.boot}-{'9' * 400}",
        "an id without a number": f"{last.boot}-",
        "a text that is no id": "hello",
        "a text that is not ASCII": "b\u00f6\u00f6t-1",
    }[phrase]
