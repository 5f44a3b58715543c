"""The feed: a model of a list that forgets its beginning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pool_managerd.domain.feed import Change, Feed, Gap
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.status import PoolStatus

STATUS = PoolStatus("p", False, False, False, 0, 0, 0, PoolState.LOADING, None, "1", None, "/m", None, None)


def change(number: int) -> Change:
    return Change(STATUS, PoolState.ABSENT, f"change {number}", float(number))


def feed(changes: int, kept: int = 4) -> Feed:
    made = Feed("boot", kept)
    for number in range(1, changes + 1):
        made.add(change(number))
    return made


@given(changes=st.integers(0, 20), kept=st.integers(1, 6), number=st.integers(0, 20))
def test_what_is_kept_is_found_and_what_is_not_is_a_gap(changes: int, kept: int, number: int) -> None:
    made = feed(changes, kept)
    if number >= changes:
        assert made.after(number) is None
    elif number < changes - kept:
        assert made.after(number) is Gap.TOO_SLOW
    else:
        assert made.after(number) == change(number + 1)


@given(changes=st.integers(0, 20), kept=st.integers(1, 6))
def test_whoever_reads_on_reads_the_last_changes_once_and_in_order(changes: int, kept: int) -> None:
    made, number = feed(changes, kept), max(changes - kept, 0)
    read = []
    while isinstance(found := made.after(number), Change):
        number += 1
        read.append((number, found))
    assert read == [(each, change(each)) for each in range(max(changes - kept, 0) + 1, changes + 1)]


@pytest.mark.parametrize(
    ("event_id", "found"),
    [
        ("boot-10", 10),
        ("boot-6", 6),
        ("boot-5", Gap.TOO_OLD),
        ("boot-0", Gap.TOO_OLD),
        ("boot-11", Gap.UNKNOWN),
        ("root-10", Gap.UNKNOWN),
        ("boot-", Gap.UNKNOWN),
        ("boot", Gap.UNKNOWN),
        ("", Gap.UNKNOWN),
        ("10", Gap.UNKNOWN),
        ("boot--10", Gap.UNKNOWN),
        ("boot-010", Gap.UNKNOWN),
        ("boot- 10", Gap.UNKNOWN),
        ("boot-10\n", Gap.UNKNOWN),
        ("boot-١", Gap.UNKNOWN),
        (f"boot-{'9' * 5000}", Gap.UNKNOWN),
    ],
)
def test_a_reader_that_was_away_is_found_again_by_the_id_of_its_last_event(event_id: str, found: int | Gap) -> None:
    assert feed(10).resume(event_id) == found


@given(number=st.integers(0, 4))
def test_an_id_that_was_given_is_known(number: int) -> None:
    made = feed(4)
    assert made.resume(made.id_of(number)) == number


def test_a_boot_may_have_dashes() -> None:
    made = Feed("a-b-c", 2)
    assert made.resume("a-b-c-0") == 0
    assert made.resume("a-b-0") is Gap.UNKNOWN
