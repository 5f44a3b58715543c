"""Orchestrators that keep a slot too long, or not long enough."""

import asyncio
from typing import Any

from orchestratord import dispatch
from orchestratord.dispatch import Dispatcher, Emit
from orchestratord.pool_manager.protocol import HeldLease, PoolView
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


async def _nothing(*_: object) -> None:
    return None


def keeps_its_leases() -> None:
    patch(Dispatcher, "_release", _nothing)


def gives_back_only_after_success() -> None:
    async def hopeful(self: Any, task: Any, emit: Emit) -> int:
        view = await self._pool_manager.health(task.pool_id)
        url = dispatch._gate(view)
        lease = await self._acquire(view, task)
        await emit("started", {})
        tokens_out: int = await self._relay_while_held(task, url, lease, emit)
        await self._settle(self._release(lease))
        return tokens_out

    patch(Dispatcher, "_dispatch", hopeful)


def keeps_the_slot_of_a_caller_who_hung_up() -> None:
    relay = Dispatcher._relay_while_held
    release = Dispatcher._release
    hung_up: set[HeldLease] = set()

    async def noting(self: Any, task: Any, url: str, lease: HeldLease, emit: Emit) -> int:
        try:
            return await relay(self, task, url, lease, emit)
        except asyncio.CancelledError:
            hung_up.add(lease)
            raise

    async def unless_hung_up(self: Any, lease: HeldLease) -> None:
        if lease not in hung_up:
            await release(self, lease)

    patch(Dispatcher, "_relay_while_held", noting)
    patch(Dispatcher, "_release", unless_hung_up)


def gives_back_too_early() -> None:
    acquire = Dispatcher._acquire

    async def brief(self: Any, view: PoolView, task: Any) -> HeldLease:
        lease = await acquire(self, view, task)
        await self._release(lease)
        return lease

    patch(Dispatcher, "_acquire", brief)


def lets_its_lease_run_out() -> None:
    async def keep(self: Any, lease: HeldLease) -> None:
        await asyncio.get_running_loop().create_future()

    patch(Dispatcher, "_keep", keep)


MUTANTS = (
    Mutant("OR-GATE-3: keeps its leases", keeps_its_leases),
    Mutant("OR-GATE-3: gives a slot back only after success", gives_back_only_after_success),
    Mutant("OR-GATE-3: keeps the slot of a caller who hung up", keeps_the_slot_of_a_caller_who_hung_up),
    Mutant("OR-GATE-3: gives a slot back before the work is done", gives_back_too_early),
    Mutant("OR-GATE-3: lets its lease run out", lets_its_lease_run_out),
)
