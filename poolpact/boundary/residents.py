"""The pools that a run keeps for scenarios that only look at them."""

from dataclasses import replace
from weakref import WeakKeyDictionary

from poolpact.targets.base import PoolManagerTarget, Target
from poolpact.world import Pool, World

RESIDENT_SECONDS = 3600
RESIDENT_SLOTS = 8

_residents: "WeakKeyDictionary[Target, dict[str, Pool]]" = WeakKeyDictionary()
"""By run and pool manager; they end with it."""


async def resident(world: World, manager: PoolManagerTarget) -> Pool:
    """The ready pool that the run keeps on ``manager``, made at first use."""
    residents = _residents.setdefault(world.target, {})
    key = f"{manager.url} {manager.run_dir}"
    if key not in residents:
        pool = _resident_of(world)
        await world.target.bring_about(manager, pool.prepared, "ready")
        residents[key] = pool
    return residents[key]


def _resident_of(world: World) -> Pool:
    """A pool that outlasts ``world``, with slots to spare."""
    flags = ("--sim-life", str(RESIDENT_SECONDS), "-np", str(RESIDENT_SLOTS))
    pool = world.pool("resident")
    return replace(pool, id=f"{pool.id}-kept", nonce=f"{pool.nonce}-kept", flags=flags)
