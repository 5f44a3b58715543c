"""Waiting on conditions, never on time."""

import asyncio
from collections.abc import Awaitable, Callable

from orchestratord.clock import SystemClock

GENEROUS = 10.0
"""Seconds after which something that should have happened certainly will not."""


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    """Return once ``check`` is true; TimeoutError after GENEROUS seconds."""
    async with asyncio.timeout(GENEROUS):
        while not await check():
            await SystemClock().sleep(0.005)
