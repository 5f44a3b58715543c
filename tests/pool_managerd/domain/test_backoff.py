"""The delays between restarts (PM-SUP-2, PM-SUP-3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pool_managerd.domain.backoff import Backoff


def test_each_delay_is_twice_the_one_before_up_to_the_longest() -> None:
    backoff = Backoff(initial=1.0, longest=60.0)
    assert [backoff.delay(0.0) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_after_a_reset_it_begins_again() -> None:
    backoff = Backoff(initial=0.5, longest=60.0)
    assert [backoff.delay(0.0) for _ in range(4)] == [0.5, 1, 2, 4]
    backoff.reset()
    assert [backoff.delay(0.0) for _ in range(2)] == [0.5, 1]


@pytest.mark.parametrize(("jitter", "delays"), [(-1.0, [9.0, 18.0, 27.0, 27.0]), (1.0, [11.0, 22.0, 33.0, 33.0])])
def test_jitter_is_a_tenth_of_each_delay_and_does_not_accumulate(jitter: float, delays: list[float]) -> None:
    backoff = Backoff(initial=10.0, longest=30.0)
    assert [backoff.delay(jitter) for _ in range(4)] == pytest.approx(delays)


@pytest.mark.parametrize("jitter", [-1.001, 1.001, float("nan"), float("inf")])
def test_a_jitter_beyond_its_bounds_is_refused(jitter: float) -> None:
    with pytest.raises(ValueError, match="a jitter is -1 to 1"):
        Backoff(1.0, 60.0).delay(jitter)


def test_an_initial_delay_beyond_the_longest_is_the_longest() -> None:
    backoff = Backoff(initial=10.0, longest=3.0)
    assert [backoff.delay(0.0) for _ in range(2)] == [3.0, 3.0]


@given(
    initial=st.floats(min_value=0.001, max_value=1e4),
    longest=st.floats(min_value=0.001, max_value=1e6),
    times=st.integers(min_value=1, max_value=3000),
    jitter=st.floats(min_value=-1, max_value=1),
)
def test_however_often_it_is_bounded(initial: float, longest: float, times: int, jitter: float) -> None:
    backoff = Backoff(initial, longest)
    delays = [backoff.delay(jitter) for _ in range(times)]
    assert all(min(initial, longest) * 0.899 <= delay <= longest * 1.101 for delay in delays)
    assert delays == sorted(delays)
