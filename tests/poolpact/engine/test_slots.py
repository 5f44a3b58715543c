import pytest

from poolpact.engine.slots import Slots


def test_slots_are_given_in_the_order_of_coming() -> None:
    slots: Slots[str] = Slots(2)
    for who in "abc":
        slots.enqueue(who)
    assert slots.fill() == [(0, "a"), (1, "b")]
    assert slots.fill() == []
    assert slots.busy == [True, True]
    slots.leave("a")
    assert slots.fill() == [(0, "c")]
    assert slots.occupants == ["c", "b"]


def test_one_who_waits_may_leave() -> None:
    slots: Slots[str] = Slots(1)
    for who in "abc":
        slots.enqueue(who)
    slots.fill()
    slots.leave("b")
    slots.leave("a")
    assert slots.fill() == [(0, "c")]


def test_one_who_was_never_there_cannot_leave() -> None:
    with pytest.raises(ValueError, match="is not in list"):
        Slots[str](1).leave("a")
