"""What a reader of the events is told cannot be all, and that is found out."""

from collections.abc import Callable
from typing import Any

import pytest

from poolpact.daemon.reader import EventId, Reader
from poolpact.event_stream import SseEvent
from tests.poolpact.daemon.never import Never


def status(pool: str, state: str, leases: int = 0) -> dict[str, Any]:
    return {"pool_id": pool, "state": state, "live": state != "failed", "ready": state == "ready", "active_leases": leases}


def snapshot(number: int, *pools: dict[str, Any], boot: str = "b") -> SseEvent:
    return SseEvent("snapshot", {"pools": list(pools)}, f"{boot}-{number}")


def change(number: int, come_from: str, become: str, pool: str = "p", leases: int = 0, **more: Any) -> SseEvent:
    data = {**status(pool, become, leases), "from": come_from, "to": become, "cause": "why", **more}
    return SseEvent("change", data, f"b-{number}")


LIFE = [
    snapshot(7, status("q", "ready")),
    change(8, "absent", "loading"),
    change(9, "loading", "ready"),
    change(10, "ready", "ready", leases=1),
    change(11, "ready", "failed", pool="q"),
    change(12, "ready", "failed"),
    change(13, "failed", "absent"),
    change(14, "absent", "loading"),
]


def reader_of(events: list[SseEvent]) -> Reader:
    reader = Reader(Never())
    reader.told = list(events)
    return reader


def test_a_life_misses_nothing() -> None:
    reader_of(LIFE).misses_nothing()


def test_after_a_reset_a_snapshot_begins_anew() -> None:
    reader_of([*LIFE[:3], SseEvent("reset", {"reason": "unknown"}), snapshot(2, status("p", "ready"), boot="c")]).misses_nothing()


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda life: [*life[:4], *life[5:]], "came after number 10"),
        (lambda life: [*life[:4], life[3], *life[4:]], "came after number 10"),
        (lambda life: [life[0], life[2], life[1]], "came after number 7"),
        (lambda life: life[1:], "a change before the snapshot"),
        (lambda life: [*life[:3], SseEvent("reset", {}), life[3]], "a change before the snapshot"),
        (lambda life: [*life[:3], change(10, "ready", "ready")], "nothing has changed"),
        (lambda life: [*life[:3], change(10, "loading", "failed")], "comes from 'loading', and the pool was 'ready'"),
        (lambda life: [*life[:7], change(14, "failed", "loading")], "comes from 'failed', and the pool was 'absent'"),
        (
            lambda life: [*life[:3], change(10, "ready", "failed", state="ready")],
            "leads to 'failed', and the status says 'ready'",
        ),
        (lambda life: [*life[:3], change(10, "ready", "failed", cause="")], "no cause"),
        (lambda life: [*life[:3], SseEvent("change", life[3].data, "10")], "not BOOT-n"),
        (lambda life: [*life[:3], SseEvent("change", life[3].data)], "not BOOT-n"),
        (lambda life: [*life[:3], SseEvent("change", life[3].data, "c-10")], "came after number 9 of b"),
        (lambda life: [*life[:3], SseEvent("change", ["p"], "b-10")], "no status of a pool"),
        (lambda life: [SseEvent("snapshot", {"pools": ["p"]}, "b-1"), *life[1:]], "no snapshot of pools"),
        (lambda life: [*life, SseEvent("news", {}, "b-15")], "no such event is known"),
        (lambda life: life[:1], "told no change"),
    ],
)
def test_what_is_missed_is_seen(broken: Callable[[list[SseEvent]], list[SseEvent]], why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        reader_of(broken(LIFE)).misses_nothing()


def test_what_a_reader_believes_is_what_it_was_told_last() -> None:
    believed = [reader_of(LIFE[:count]).last_of("p") for count in range(1, len(LIFE) + 1)]
    states = [None if each is None else each["state"] for each in believed]
    assert states == [None, "loading", "ready", "ready", "ready", "failed", None, "loading"]


def test_the_last_id_is_that_of_the_last_event_that_has_one() -> None:
    events = [*LIFE[:2], SseEvent("reset", {})]
    assert EventId.of_last(events) == EventId("b", 8)
    assert reader_of(events).last_id == "b-8"
    assert EventId.of_last([]) is None
