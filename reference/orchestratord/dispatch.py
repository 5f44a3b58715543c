"""From a task to its events: gate, lease, relay, release."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import structlog

from orchestratord.clock import Clock
from orchestratord.engine_client import EngineClient
from orchestratord.errors import (
    EngineFailed,
    LeaseLost,
    NoFreeSlot,
    PoolManagerError,
    PoolUnready,
    ShuttingDown,
    UnknownPool,
)
from orchestratord.pool_manager.protocol import HeldLease, PoolManager, PoolView
from orchestratord.tasks import Task

RETRY_AFTER = 1.0
"""Seconds a caller is told to wait where the pool manager does not say."""
_SHORTEST_RENEWAL = 0.05

Emit = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Sends one event, by name and data, to whoever opened the stream."""

_log = structlog.get_logger("orchestratord")


class Dispatcher:
    """Runs tasks: work goes only to a pool that is live, ready and has a free slot, under a lease (OR-GATE-1 to OR-GATE-4)."""

    def __init__(self, pool_manager: PoolManager, engines: EngineClient, clock: Clock) -> None:
        self._pool_manager = pool_manager
        self._engines = engines
        self._clock = clock
        self._running: set[asyncio.Task[Any]] = set()
        self._loose_ends: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def run(self, task: Task, emit: Emit) -> None:
        """Run ``task`` to its last event. The slot is given back before that event, and also when this is cancelled."""
        running = asyncio.current_task()
        assert running is not None  # noqa: S101 - a coroutine runs in a task
        self._running.add(running)
        try:
            if self._stopping:
                raise asyncio.CancelledError
            await self._run(task, emit)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            await self._fail(task, emit, "ShuttingDown", ShuttingDown())
        finally:
            self._running.discard(running)

    async def _run(self, task: Task, emit: Emit) -> None:
        try:
            tokens_out = await self._dispatch(task, emit)
        except PoolUnready as refusal:
            retry_after_ms = math.ceil(refusal.retry_after * 1000)
            await self._fail(task, emit, "PoolUnready", refusal, retry_after_ms=retry_after_ms)
        except EngineFailed as failure:
            await self._fail(task, emit, "EngineFailed", failure)
        except (LeaseLost, UnknownPool) as failure:
            await self._fail(task, emit, "LeaseLost", failure)
        else:
            _log.info("task_finished", task_id=task.task_id, pool_id=task.pool_id, tokens_out=tokens_out)
            await emit("end", {"tokens_out": tokens_out})

    async def _fail(self, task: Task, emit: Emit, code: str, error: Exception, **more: int) -> None:
        _log.warning("task_failed", task_id=task.task_id, pool_id=task.pool_id, code=code, cause=str(error))
        await emit("error", {"code": code, "message": str(error), **more})
        await emit("end", {})

    async def _dispatch(self, task: Task, emit: Emit) -> int:
        view = await self._pool_manager.health(task.pool_id)
        url = _gate(view)
        lease = await self._acquire(view, task)
        try:
            await emit("started", {})
            return await self._relay_while_held(task, url, lease, emit)
        finally:
            await self._settle(self._release(lease))

    async def _acquire(self, view: PoolView, task: Task) -> HeldLease:
        """Take a slot. When the caller goes away meanwhile, the slot that is granted after all is given back."""
        acquiring = asyncio.create_task(self._pool_manager.acquire(view, task.task_id))
        try:
            return await asyncio.shield(acquiring)
        except asyncio.CancelledError:
            await self._settle(self._release_when_acquired(acquiring))
            raise
        except NoFreeSlot as refusal:
            retry_after = RETRY_AFTER if refusal.retry_after is None else refusal.retry_after
            raise PoolUnready(str(refusal), retry_after) from None
        except PoolManagerError as refusal:
            raise PoolUnready(str(refusal), RETRY_AFTER) from None

    async def _relay_while_held(self, task: Task, url: str, lease: HeldLease, emit: Emit) -> int:
        relay = asyncio.create_task(self._relay(task, url, emit))
        keeper = asyncio.create_task(self._keep(lease))
        try:
            await asyncio.wait({relay, keeper}, return_when=asyncio.FIRST_COMPLETED)
            if not relay.done():
                await keeper
            return await relay
        finally:
            for worker in (relay, keeper):
                worker.cancel()
            await asyncio.gather(relay, keeper, return_exceptions=True)

    async def _relay(self, task: Task, url: str, emit: Emit) -> int:
        tokens_out = 0
        async with aclosing(self._engines.complete(url, task.prompt, task.max_tokens)) as pieces:
            async for text in pieces:
                await emit("token", {"t": text, "i": tokens_out})
                tokens_out += 1
        return tokens_out

    async def _keep(self, lease: HeldLease) -> None:
        """Renew ``lease`` until cancelled; raises LeaseLost or UnknownPool once the pool manager says that it is gone.

        A pool manager that cannot be asked just now is no reason to end a stream: the next renewal may work.
        """
        while lease.lease_id is not None:
            await self._clock.sleep(max(lease.ttl / 3, _SHORTEST_RENEWAL))
            try:
                lease = await self._pool_manager.renew(lease)
            except (LeaseLost, UnknownPool):
                raise
            except PoolManagerError as error:
                _log.warning("lease_not_renewed", pool_id=lease.pool_id, cause=str(error))
        await asyncio.get_running_loop().create_future()

    async def _release(self, lease: HeldLease) -> None:
        try:
            await self._pool_manager.release(lease)
        except PoolManagerError as error:
            _log.warning("lease_not_released", pool_id=lease.pool_id, cause=str(error))

    async def _release_when_acquired(self, acquiring: "asyncio.Task[HeldLease]") -> None:
        try:
            lease = await acquiring
        except PoolManagerError:
            return
        await self._release(lease)

    async def _settle(self, work: Awaitable[None]) -> None:
        """Finish ``work`` whatever happens to the caller."""
        end = asyncio.ensure_future(work)
        self._loose_ends.add(end)
        end.add_done_callback(self._loose_ends.discard)
        await asyncio.shield(end)

    def stop_streams(self) -> None:
        """End every stream with an error that says so; none is begun any more."""
        self._stopping = True
        for running in self._running:
            running.cancel()

    async def aclose(self) -> None:
        """Stop the streams; return when every slot was given back."""
        self.stop_streams()
        await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.gather(*self._loose_ends, return_exceptions=True)


def _gate(view: PoolView) -> str:
    """The engine's URL, or PoolUnready with all that is known of why."""
    if view.live and view.ready and not view.draining and view.slots_free > 0 and view.url:
        return view.url
    if not view.live or not view.ready:
        what = "is not live" if not view.live else "is not ready"
    elif view.draining:
        what = "is draining"
    elif view.slots_free <= 0:
        what = "has no free slot"
    else:
        what = "is ready, but its url is not told"
    why = f": {view.last_error}" if view.last_error else ""
    raise PoolUnready(f"pool {view.pool_id!r} {what}{why}", RETRY_AFTER)
