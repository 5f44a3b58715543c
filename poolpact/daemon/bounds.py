"""Time bounds: one is broken when each of five trials exceeds it by more than this process itself was late.

A trial begins in the worst phase that can be had, and is judged by stamps: the engine simulator writes the moment of its own
change, on the clock that all processes of a machine share. In virtual time nobody is late.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from poolpact.boundary.timing import LAG_INTERVAL, Lag
from poolpact.expectation import expect
from poolpact.targets.base import Timekeeper
from poolpact.timekeeping import VirtualTime

TRIALS = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """What one trial took, and how late this process was at worst meanwhile, in seconds."""

    seconds: float
    lag: float = 0.0

    def is_within(self, bound: float) -> bool:
        """Whether the bound held, as far as can be told."""
        return self.seconds <= bound + self.lag

    def __str__(self) -> str:
        return f"{self.seconds:.3f} s (lag {self.lag:.3f} s)"


async def within_bound(bound: float, trial: Callable[[], Awaitable[float | Trial]], *, first: float | Trial) -> None:
    """``first``, or one of up to four more trials, took at most ``bound`` seconds; an AssertionError with all figures."""
    trials = [_trial(first)]
    while not trials[-1].is_within(bound) and len(trials) < TRIALS:
        trials.append(_trial(await trial()))
    figures = ", ".join(map(str, trials))
    expect(trials[-1].is_within(bound), f"took {figures}; at most {bound:g} s and the lag of the judge are allowed")


def _trial(outcome: float | Trial) -> Trial:
    return outcome if isinstance(outcome, Trial) else Trial(outcome)


async def timed(time: Timekeeper, call: Callable[[], Awaitable[float]]) -> Trial:
    """The trial that ``call`` is, which tells the seconds that it took."""
    async with _lateness(time) as lag:
        seconds = await call()
    return Trial(seconds, lag.seconds)


@asynccontextmanager
async def _lateness(time: Timekeeper) -> AsyncIterator[Lag]:
    """How late the loop of this process was; in virtual time nothing is."""
    lag = Lag()
    if isinstance(time, VirtualTime):
        yield lag
        return
    async with lag:
        await asyncio.sleep(0)  # the control loop begins
        yield lag
        # A loop that was late just now has its timers behind what it read: let them tell.
        await time.throughout(_true, seconds=LAG_INTERVAL, what="the control loop goes on")


async def _true() -> bool:
    return True
