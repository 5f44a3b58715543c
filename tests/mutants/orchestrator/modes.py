"""Orchestrators that are another one in their own process, or answer in a pool manager's place."""

from dataclasses import replace
from typing import Any

from orchestratord.errors import PoolManagerError, Unreachable
from orchestratord.pool_manager import fallback
from orchestratord.pool_manager.fallback import FallbackPoolManager
from orchestratord.pool_manager.protocol import PoolView
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def says_less_in_process() -> None:
    from orchestratord.pool_manager.embedded import EmbeddedPoolManager

    health = EmbeddedPoolManager.health

    async def terse(self: Any, pool_id: str) -> PoolView:
        return replace(await health(self, pool_id), last_error=None)

    patch(EmbeddedPoolManager, "health", terse)


def falls_back_on_every_failure() -> None:
    patch(fallback, "Unreachable", PoolManagerError)


def never_falls_back() -> None:
    health = FallbackPoolManager.health

    async def faithful(self: Any, pool_id: str) -> PoolView:
        view = await health(self, pool_id)
        return view if view.source == "remote" else PoolView(pool_id, "remote", last_error="the pool manager is down")

    patch(FallbackPoolManager, "health", faithful)


def hides_where_it_has_it_from() -> None:
    health = FallbackPoolManager.health

    async def hidden(self: Any, pool_id: str) -> PoolView:
        return replace(await health(self, pool_id), source="remote")

    patch(FallbackPoolManager, "health", hidden)


def answers_for_pools_of_others() -> None:
    health = FallbackPoolManager.health
    seen: dict[str, PoolView] = {}

    async def generous(self: Any, pool_id: str) -> PoolView:
        try:
            await self._remote.ask(pool_id)
        except Unreachable:
            return seen.get(pool_id) or await health(self, pool_id)
        except PoolManagerError:
            pass
        view = await health(self, pool_id)
        if view.ready:
            seen[pool_id] = view
        return view

    patch(FallbackPoolManager, "health", generous)


MUTANTS = (
    Mutant("OR-PARITY-1: says less in its own process", says_less_in_process, how="embedded"),
    Mutant("OR-FALLBACK-1: falls back on every failure", falls_back_on_every_failure),
    Mutant("OR-FALLBACK-1: never falls back", never_falls_back),
    Mutant("OR-FALLBACK-1: hides where it has it from", hides_where_it_has_it_from),
    Mutant("OR-FALLBACK-1: answers for pools that others started", answers_for_pools_of_others),
)
