"""What one reader of a pool manager's events was told, and whether that can be all of it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poolpact.event_stream import COMMENT, SseEvent
from poolpact.expectation import expect
from poolpact.targets.base import EventSource

_ID = re.compile(r"(?P<boot>.+)-(?P<number>0|[1-9][0-9]{0,17})", re.ASCII | re.DOTALL)
_ABSENT = "absent"
_CHANGED = ("from", "to", "cause")


@dataclass(frozen=True, slots=True)
class EventId:
    """The id of an event: which run of the daemon it is of, and its number there."""

    boot: str
    number: int

    @classmethod
    def of(cls, event: SseEvent) -> "EventId":
        """The id of ``event``; an AssertionError where it has none that is well-formed."""
        match = _ID.fullmatch(event.id or "")
        if match is None:
            raise AssertionError(f"the id of {shown(event)} is {event.id!r}, not BOOT-n")
        return cls(match["boot"], int(match["number"]))

    @classmethod
    def of_last(cls, events: Sequence[SseEvent]) -> "EventId | None":
        """The id of the last of ``events`` that has one; None where none has."""
        last = next((event for event in reversed(events) if event.id), None)
        return None if last is None else cls.of(last)


class Reader:
    """A reader and all that it was told, comments left out. ``source`` is where it reads on; None while it is away."""

    def __init__(self, source: EventSource) -> None:
        self.source: EventSource | None = source
        self.told: list[SseEvent] = []
        self._seen = 0
        self._returned = 0

    @property
    def last_id(self) -> str:
        """The id of the last event that has one."""
        ids = [event.id for event in self.told if event.id]
        expect(bool(ids), "the reader was told nothing that has an id")
        return str(ids[-1])

    async def hear(self, within: float) -> SseEvent | None:
        """Whatever comes next, a comment included; None at the end of the stream."""
        if self.source is None:
            raise AssertionError("the reader is away")
        event = await self.source.next(within)
        if event is not None and event.event != COMMENT:
            self.told.append(event)
        return event

    async def hang_up(self) -> None:
        """Read no more."""
        source, self.source = self.source, None
        if source is not None:
            await source.close()

    def come_back(self, source: EventSource) -> None:
        """Read on from ``source``."""
        self.source = source
        self._returned = len(self.told)

    # --- what was told ---

    def find(self, is_wanted: Callable[[SseEvent], bool]) -> SseEvent | None:
        """The next event that is wanted, behind the one that was found last; None where there is none yet."""
        while self._seen < len(self.told):
            self._seen += 1
            if is_wanted(self.told[self._seen - 1]):
                return self.told[self._seen - 1]
        return None

    def since_return(self) -> list[SseEvent]:
        """What it was told since it began to read, or came back."""
        return self.told[self._returned :]

    def last_of(self, pool_id: str) -> Mapping[str, Any] | None:
        """What the reader believes a pool to be; None where it is not there."""
        believed: Mapping[str, Any] | None = None
        for event in self.told:
            if event.event == "snapshot":
                believed = pools_of(event).get(pool_id)
            elif event.event == "change" and status_in(event)["pool_id"] == pool_id:
                believed = None if event.data.get("to") == _ABSENT else status_in(event)
        return believed

    def changes(self) -> list[SseEvent]:
        """The changes that it was told."""
        return [event for event in self.told if event.event == "change"]

    # --- whether that is all ---

    def misses_nothing(self) -> None:
        """Every change follows the one before it: its number, and of each pool the state that it comes from and what is new."""
        expect(bool(self.changes()), "the reader was told no change")
        last: EventId | None = None
        known: dict[str, Mapping[str, Any]] = {}
        for event in self.told:
            match event.event:
                case "reset":
                    last = None
                case "snapshot":
                    last, known = EventId.of(event), dict(pools_of(event))
                case "change":
                    if last is None:
                        raise AssertionError(f"{shown(event)}: a change before the snapshot that it is a change of")
                    last = _next(last, event)
                    _follows(known, event)
                case _:
                    raise AssertionError(f"{shown(event)}: no such event is known")


def _next(last: EventId, event: SseEvent) -> EventId:
    found = EventId.of(event)
    expect(found == EventId(last.boot, last.number + 1), f"{shown(event)}: came after number {last.number} of {last.boot}")
    return found


def _follows(known: dict[str, Mapping[str, Any]], event: SseEvent) -> None:
    """``event`` is a change of what is ``known`` of its pool, which is changed accordingly."""
    status = status_in(event)
    pool_id, before = str(status["pool_id"]), known.get(str(status["pool_id"]))
    was = _ABSENT if before is None else before.get("state")
    come_from, become = event.data.get("from"), event.data.get("to")
    expect(come_from == was, f"{shown(event)}: it comes from {come_from!r}, and the pool was {was!r}")
    expect(become == status.get("state"), f"{shown(event)}: it leads to {become!r}, and the status says {status.get('state')!r}")
    expect(isinstance(event.data.get("cause"), str) and event.data["cause"] != "", f"{shown(event)}: no cause")
    expect(status != before, f"{shown(event)}: nothing has changed")
    if become == _ABSENT:
        known.pop(pool_id, None)
    else:
        known[pool_id] = status


def pools_of(event: SseEvent) -> dict[str, Mapping[str, Any]]:
    """The statuses of a snapshot, by pool id."""
    pools = event.data.get("pools") if isinstance(event.data, dict) else None
    if not isinstance(pools, list):
        raise AssertionError(f"{shown(event)}: no snapshot of pools")
    return {str(pool.get("pool_id")): pool for pool in _dicts(pools, event)}


def _dicts(values: list[Any], event: SseEvent) -> Iterator[dict[str, Any]]:
    for value in values:
        if not isinstance(value, dict):
            raise AssertionError(f"{shown(event)}: no snapshot of pools")
        yield value


def status_in(event: SseEvent) -> dict[str, Any]:
    """The status that a change tells."""
    if not isinstance(event.data, dict) or not isinstance(event.data.get("pool_id"), str):
        raise AssertionError(f"{shown(event)}: no status of a pool")
    return {name: value for name, value in event.data.items() if name not in _CHANGED}


def shown(event: SseEvent) -> str:
    """An event in one line."""
    return f"event {event.event} {event.id or ''} {str(event.data)[:300]}"
