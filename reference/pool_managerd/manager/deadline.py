"""A moment that may be brought forward while it is waited for."""

import asyncio
import math

from pool_managerd.clock import Clock
from pool_managerd.manager.racing import until_first


class Deadline:
    """Never, until :meth:`bring_forward` says when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at = math.inf
        self._brought_forward = asyncio.Event()

    def bring_forward(self, seconds: float) -> None:
        """Let it be ``seconds`` from now, unless it is earlier already."""
        self._at = min(self._at, self._clock.monotonic() + seconds)
        self._brought_forward.set()

    async def passed(self) -> None:
        """Return once it has passed."""
        while (left := self._at - self._clock.monotonic()) > 0:
            self._brought_forward.clear()
            if math.isinf(left):
                await self._brought_forward.wait()
            else:
                await until_first(self._clock.sleep(left), self._brought_forward.wait())
