import pytest

from orchestratord.client.retry import FIRST_DELAY, RETRIES, retry_delay
from orchestratord.errors import ConnectionLost, PoolManagerUnavailable, ProtocolViolation, TimedOut, Unreachable

REFUSED = Unreachable("refused")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_unsafe_calls_are_never_repeated(method: str) -> None:
    assert retry_delay(method, 1, REFUSED, 10.0, 0.0) is None


@pytest.mark.parametrize("failure", [REFUSED, ConnectionLost("reset")])
def test_a_read_is_repeated_after_a_growing_delay_until_the_tries_are_used_up(failure: PoolManagerUnavailable) -> None:
    delays = [retry_delay("GET", tries, failure, 10.0, 0.0) for tries in range(1, RETRIES + 2)]
    assert delays == [FIRST_DELAY, 2 * FIRST_DELAY, None]


@pytest.mark.parametrize("failure", [TimedOut("late"), ProtocolViolation("not JSON")])
def test_what_another_try_cannot_mend_is_not_repeated(failure: PoolManagerUnavailable) -> None:
    assert retry_delay("GET", 1, failure, 10.0, 0.0) is None


def test_the_jitter_takes_up_to_half_of_the_delay() -> None:
    assert retry_delay("GET", 1, REFUSED, 10.0, 0.5) == pytest.approx(0.75 * FIRST_DELAY)


def test_nothing_is_repeated_beyond_the_deadline() -> None:
    assert retry_delay("GET", 1, REFUSED, FIRST_DELAY, 0.0) is None
