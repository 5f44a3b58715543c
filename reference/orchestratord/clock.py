"""Time, passed in. Any object with these methods will do, the pool manager's clock included."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds, and waiting."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; at least one turn of the loop, also for 0 and less."""
        ...


class SystemClock:
    """The real time."""

    def monotonic(self) -> float:
        """See :class:`Clock`."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See :class:`Clock`."""
        await asyncio.sleep(max(seconds, 0.0))
