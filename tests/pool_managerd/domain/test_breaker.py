"""The breaker (PM-SUP-4, PM-SUP-5)."""

import pytest

from pool_managerd.domain.breaker import Breaker, BreakerState


def fail(breaker: Breaker, times: int, now: float = 0.0) -> list[float | None]:
    return [breaker.fail(now) for _ in range(times)]


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(failures=3, timeout=300.0, longest=1000.0)
    fail(breaker, 3, now)
    return breaker


def test_it_opens_at_the_nth_failure_in_a_row_and_says_until_when() -> None:
    breaker = Breaker(failures=3, timeout=300.0, longest=1000.0)
    assert fail(breaker, 2, 10.0) == [None, None]
    assert (breaker.state, breaker.open_until) == (BreakerState.CLOSED, None)
    assert breaker.fail(20.0) == 320.0
    assert (breaker.state, breaker.open_until) == (BreakerState.OPEN, 320.0)


def test_failures_that_are_not_in_a_row_do_not_open_it() -> None:
    breaker = Breaker(failures=3, timeout=300.0, longest=1000.0)
    for _ in range(10):
        assert fail(breaker, 2) == [None, None]
        breaker.close()
    assert breaker.state is BreakerState.CLOSED


def test_a_failed_trial_opens_it_for_twice_as_long_up_to_the_longest() -> None:
    breaker = opened(0.0)
    lasts = []
    for now in (1000.0, 5000.0, 9000.0):
        breaker.begin_trial()
        assert (breaker.state, breaker.open_until) == (BreakerState.HALF_OPEN, None)
        until = breaker.fail(now)
        assert until is not None
        lasts.append(until - now)
    assert lasts == [600.0, 1000.0, 1000.0]


def test_once_closed_it_takes_all_failures_again_and_the_first_time_out() -> None:
    breaker = opened()
    breaker.begin_trial()
    breaker.fail(400.0)
    breaker.begin_trial()
    breaker.close()
    assert (breaker.state, breaker.open_until) == (BreakerState.CLOSED, None)
    assert fail(breaker, 3, 2000.0) == [None, None, 2300.0]


def test_it_can_be_closed_while_it_is_open() -> None:
    breaker = opened()
    breaker.close()
    assert (breaker.state, breaker.open_until) == (BreakerState.CLOSED, None)


def test_one_failure_may_be_enough() -> None:
    assert Breaker(failures=1, timeout=5.0, longest=10.0).fail(1.0) == 6.0


def test_a_time_out_beyond_the_longest_is_the_longest() -> None:
    assert Breaker(failures=1, timeout=50.0, longest=10.0).fail(1.0) == 11.0


@pytest.mark.parametrize(
    ("state", "text"), [(BreakerState.CLOSED, "closed"), (BreakerState.OPEN, "open"), (BreakerState.HALF_OPEN, "half-open")]
)
def test_its_states_are_told_by_name(state: BreakerState, text: str) -> None:
    assert str(state) == text
