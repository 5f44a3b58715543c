"""Waiting for whichever comes first."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def until_first(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when one of ``waits`` has; what the others were doing is cancelled and has ended by then.

    Which one it was is looked up where it left its mark: several can be true at once. Raises what a wait raised.
    """
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()
