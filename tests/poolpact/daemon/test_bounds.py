import asyncio
from collections.abc import Iterator
from typing import cast

import pytest

from poolpact.daemon.bounds import TRIALS, Trial, timed, within_bound
from poolpact.timekeeping import RealTime, VirtualTime
from poolpact.virtual.clock import VirtualClock


def judge(first: float | Trial, later: Iterator[float | Trial]) -> None:
    async def trial() -> float | Trial:
        return next(later)

    asyncio.run(within_bound(0.25, trial, first=first))


def test_what_is_in_time_needs_no_further_trial() -> None:
    judge(0.25, iter(()))


def test_one_slow_trial_may_be_the_fault_of_the_machine() -> None:
    judge(0.9, iter([0.3, 0.1]))


def test_what_the_judge_was_late_is_not_held_against_a_subject() -> None:
    judge(Trial(0.4, lag=0.2), iter(()))
    judge(0.9, iter([Trial(0.9, lag=0.6), Trial(0.9, lag=0.7)]))


def test_a_bound_is_broken_when_every_trial_exceeds_it_and_all_figures_are_told() -> None:
    later = iter([Trial(0.3, lag=0.01)] * (TRIALS - 1))
    with pytest.raises(AssertionError) as raised:
        judge(0.9, later)
    assert str(raised.value).startswith("took 0.900 s (lag 0.000 s), 0.300 s (lag 0.010 s), ")
    assert str(raised.value).count(" s (lag ") == TRIALS
    assert "at most 0.25 s" in str(raised.value)
    assert list(later) == []


def test_a_loop_that_was_late_is_found_out() -> None:
    async def block() -> float:
        loop = asyncio.get_running_loop()
        end = loop.time() + 0.05
        while loop.time() < end:
            pass
        return 1.0

    trial = asyncio.run(timed(RealTime(), block))
    assert trial.seconds == 1.0
    assert trial.lag > 0.0


def test_in_virtual_time_nobody_is_late() -> None:
    async def nothing() -> float:
        return 1.0

    assert asyncio.run(timed(VirtualTime(cast(VirtualClock, None)), nothing)) == Trial(1.0, 0.0)
