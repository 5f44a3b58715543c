import asyncio
from collections.abc import Iterator

import pytest

from poolpact.daemon.statuses import TRIALS, within_bound


def judge(first: float, later: Iterator[float]) -> None:
    async def trial() -> float:
        return next(later)

    asyncio.run(within_bound(0.25, trial, first=first))


def test_what_is_in_time_needs_no_further_trial() -> None:
    judge(0.25, iter(()))


def test_one_slow_trial_may_be_the_fault_of_the_machine() -> None:
    judge(0.9, iter([0.3, 0.1]))


def test_a_bound_is_broken_when_every_trial_exceeds_it() -> None:
    later = iter([0.3] * (TRIALS - 1))
    with pytest.raises(AssertionError, match=r"took 0.900, 0.300, .* at most 0.25 s"):
        judge(0.9, later)
    assert list(later) == []
