"""Demand, and judging times: what this process itself was late is not held against a subject."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PAUSE_OF_A_CALLER = 0.05
LAG_INTERVAL = 0.005


async def demand(callers: int, seconds: float, call: Callable[[], Awaitable[object]]) -> None:
    """``callers`` make ``call`` again and again, each soon after it was answered, for ``seconds``."""
    end = time.monotonic() + seconds

    async def insist(head_start: float) -> None:
        await asyncio.sleep(head_start)
        while time.monotonic() < end:
            await call()
            await asyncio.sleep(PAUSE_OF_A_CALLER)

    await asyncio.gather(*(insist(PAUSE_OF_A_CALLER * number / callers) for number in range(callers)))


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    """The seconds that ``call`` took, less what this process itself was late: on a busy machine it waits its turn many times."""
    lag = Lag()
    async with lag:
        began = time.monotonic()
        await call()
        return time.monotonic() - began - lag.in_all


class Lag:
    """How late this process's own loop was while the block ran: at worst in ``seconds``, and ``in_all``."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.in_all = 0.0

    async def __aenter__(self) -> "Lag":
        self._watch = asyncio.create_task(self._measure())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watch.cancel()

    async def _measure(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG_INTERVAL)
            late = time.monotonic() - before - LAG_INTERVAL
            self.seconds = max(self.seconds, late)
            self.in_all += late


def most_in_a_second(times: list[float]) -> int:
    """The greatest number of ``times`` (monotonic seconds, ascending) that lie within any one second."""
    first, most = 0, 0
    for last, moment in enumerate(times):
        while moment - times[first] >= 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most
