"""Orchestrators that give work to an engine that cannot take it."""

from typing import Any

from orchestratord import dispatch
from orchestratord.dispatch import Dispatcher
from orchestratord.errors import NoFreeSlot, PoolUnready
from orchestratord.pool_manager.protocol import HeldLease, PoolView
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def dispatches_to_anybody() -> None:
    urls: dict[str, str] = {}

    async def acquire(self: Any, view: PoolView, task: Any) -> HeldLease:
        return HeldLease(view.pool_id, view.source)

    def gate(view: PoolView) -> str:
        if view.url:
            urls[view.pool_id] = view.url
        return urls.get(view.pool_id, "http://127.0.0.1:1")

    patch(dispatch, "_gate", gate)
    patch(Dispatcher, "_acquire", acquire)


def remembers_that_a_pool_was_loading() -> None:
    gate = dispatch._gate
    loading: set[str] = set()

    def grudging(view: PoolView) -> str:
        if view.live and not view.ready:
            loading.add(view.pool_id)
        if view.pool_id in loading:
            raise PoolUnready(f"pool {view.pool_id!r} was not ready", dispatch.RETRY_AFTER)
        return gate(view)

    patch(dispatch, "_gate", grudging)


def queues_at_a_full_engine() -> None:
    acquire = Dispatcher._acquire

    def gate(view: PoolView) -> str:
        if view.live and view.ready and view.url:
            return view.url
        raise PoolUnready(f"pool {view.pool_id!r} is not ready", dispatch.RETRY_AFTER)

    async def or_none(self: Any, view: PoolView, task: Any) -> HeldLease:
        if view.slots_free <= 0:
            return HeldLease(view.pool_id, view.source)
        return await acquire(self, view, task)

    patch(dispatch, "_gate", gate)
    patch(Dispatcher, "_acquire", or_none)


def knows_only_full_pools() -> None:
    async def acquire(self: Any, view: PoolView, task: Any) -> HeldLease:
        try:
            lease: HeldLease = await self._pool_manager.acquire(view, task.task_id)
            return lease
        except NoFreeSlot as refusal:
            raise PoolUnready(str(refusal), dispatch.RETRY_AFTER) from None

    patch(Dispatcher, "_acquire", acquire)


def crashes_without_a_lease() -> None:
    async def acquire(self: Any, view: PoolView, task: Any) -> Any:
        return await self._pool_manager.acquire(view, task.task_id)

    patch(Dispatcher, "_acquire", acquire)


def goes_on_without_a_lease() -> None:
    acquire = Dispatcher._acquire

    async def or_none(self: Any, view: PoolView, task: Any) -> HeldLease:
        try:
            return await acquire(self, view, task)
        except PoolUnready:
            return HeldLease(view.pool_id, view.source)

    patch(Dispatcher, "_acquire", or_none)


MUTANTS = (
    Mutant(
        "OR-GATE-1: dispatches to anybody",
        dispatches_to_anybody,
        also=frozenset({"OR-GATE-2", "OR-GATE-3", "OR-GATE-4", "OR-RETRY-1", "OR-DEG-2"}),
        why="it never refuses and never takes a lease",
    ),
    Mutant(
        "OR-GATE-1: remembers that a pool was loading",
        remembers_that_a_pool_was_loading,
        also=frozenset({"OR-GATE-2"}),
        why="a pool that was refused is given work afterwards",
    ),
    Mutant(
        "OR-GATE-1: queues at an engine that is full",
        queues_at_a_full_engine,
        also=frozenset({"OR-GATE-2", "OR-GATE-3"}),
        why="who finds no free slot is neither refused nor kept from the engine",
    ),
    Mutant(
        "OR-GATE-4: crashes without a lease",
        crashes_without_a_lease,
        also=frozenset({"OR-GATE-3", "OR-RETRY-1"}),
        why="a lease that is refused breaks the stream there too",
    ),
    Mutant(
        "OR-GATE-4: knows no refusal but that of a full pool",
        knows_only_full_pools,
        also=frozenset({"OR-RETRY-1"}),
        why="a lease whose answer is lost breaks the stream there too",
    ),
    Mutant(
        "OR-GATE-4: goes on without the lease",
        goes_on_without_a_lease,
        also=frozenset({"OR-GATE-3", "OR-RETRY-1"}),
        why="work that got no slot is done there too",
    ),
)
