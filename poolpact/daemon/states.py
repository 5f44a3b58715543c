"""The states that a pool manager can be found in: the Givens of the features, and the provider states of the pact.

A state is arranged through the public API alone. Its parameters are names that a scenario uses (``pool``, ``lease``) and numbers;
what it tells is what a request about it needs to know: ``prepared``, ``lease_id``, ``key`` or ``token``.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from poolpact.daemon.conditions import Conditions
from poolpact.daemon.drains import Drains
from poolpact.daemon.leases import GRANTED, Leases
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.statuses import Statuses
from poolpact.daemon.stops import Stops
from poolpact.daemon.work import Work
from poolpact.errors import PoolpactError
from poolpact.world import World

Told = dict[str, Any]

_FAILS = "exits with code 3 while loading"


class NotApplicable(PoolpactError):
    """This pool manager cannot be brought into that state; the message says why."""


class UnknownState(PoolpactError):
    """There is no such state, or it takes other parameters."""


async def _ready(world: World, pool: str, slots: int | None = None) -> Told:
    await world.of(Conditions).ready(pool, f"has {slots} slots" if slots else None)
    return _prepared_of(world, pool)


async def _loading(world: World, pool: str) -> Told:
    await world.of(Conditions).loading(pool)
    return _prepared_of(world, pool)


async def _failed(world: World, pool: str) -> Told:
    await world.of(Conditions).failed(pool)
    return _prepared_of(world, pool)


async def _being_stopped(world: World, pool: str) -> Told:
    await world.of(Conditions).ready(pool, "ignores SIGTERM")
    world.of(Stops).begin(pool)
    await world.of(Statuses).until(pool, live=True, ready=False)
    return {}


async def _draining(world: World, pool: str) -> Told:
    await world.of(Conditions).ready(pool, "has 2 slots")
    answer = await world.of(Leases).take("in flight", pool)
    if answer.status not in GRANTED:
        await world.of(Work).begin(pool)
    world.of(Drains).begin(pool)
    await world.of(Statuses).until(pool, live=True, ready=False)
    return {}


async def _unknown(world: World, pool: str) -> Told:
    await world.of(Statuses).unknown(pool)
    return {}


def _prepared_of(world: World, pool: str) -> Told:
    return {"prepared": world.pool(pool).prepared}


async def _prepared(world: World, pool: str) -> Told:
    return _prepared_of(world, pool)


async def _prepared_to_fail(world: World, pool: str) -> Told:
    world.of(Preloads).engine(pool, _FAILS)
    return _prepared_of(world, pool)


async def _prepared_without_port(world: World, pool: str) -> Told:
    return {"prepared": {name: value for name, value in world.pool(pool).prepared.items() if name != "port"}}


async def _prepared_with_text_port(world: World, pool: str) -> Told:
    return {"prepared": {**world.pool(pool).prepared, "port": str(world.pool(pool).port)}}


async def _prepared_for_other_pool(world: World, pool: str) -> Told:
    return {"prepared": {**world.pool(pool).prepared, "pool_id": f"{world.pool(pool).id}-other"}}


async def _other_prepared(world: World, pool: str) -> Told:
    return {"prepared": world.another_engine(pool).prepared}


async def _leased(world: World, pool: str, lease: str) -> Told:
    await world.of(Leases).hold(lease, pool)
    return {"lease_id": world.of(Leases).lease_id(lease)}


async def _slots_leased(world: World, pool: str, slots: int) -> Told:
    for number in range(slots):
        await world.of(Leases).hold(f"taken {number}", pool)
    return {}


async def _given_back(world: World, pool: str, lease: str) -> Told:
    told = await _leased(world, pool, lease)
    await world.of(Leases).give_back(lease)
    world.of(Leases).fine()
    return told


async def _new_key(world: World, pool: str) -> Told:
    return {"key": f"{world.pool(pool).id}-key"}


async def _leased_with_key(world: World, pool: str, lease: str) -> Told:
    await world.of(Leases).take(lease, pool, "key")
    return {"lease_id": world.of(Leases).lease_id(lease), **await _new_key(world, pool)}


async def _wrong_token(world: World) -> Told:
    if world.manager.token is None:
        raise NotApplicable("no token was given, so it asks for none")
    return {"token": f"not-{world.pool('nobody').nonce}"}


STATES: Mapping[str, Callable[..., Awaitable[Told]]] = {
    "a pool is ready": _ready,
    "a pool is loading": _loading,
    "a pool has failed to load": _failed,
    "a pool is being stopped": _being_stopped,
    "a pool is draining": _draining,
    "a pool is unknown": _unknown,
    "an engine is prepared": _prepared,
    "an engine that fails is prepared": _prepared_to_fail,
    "an engine is prepared without a port": _prepared_without_port,
    "an engine is prepared with a port that is a text": _prepared_with_text_port,
    "an engine of another pool is prepared": _prepared_for_other_pool,
    "another engine is prepared": _other_prepared,
    "a lease is held": _leased,
    "a lease with a key is held": _leased_with_key,
    "a lease was given back": _given_back,
    "slots are leased": _slots_leased,
    "a key that is new": _new_key,
    "the caller has a wrong token": _wrong_token,
}


_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_MOST_SLOTS = 64


def _is_fit(parameter: str, value: Any) -> bool:
    if parameter == "slots":
        return type(value) is int and 0 <= value <= _MOST_SLOTS
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


async def arrange(world: World, state: str, /, **parameters: Any) -> Told:
    """Bring the scenario's pool manager into ``state``.

    Raises UnknownState, NotApplicable, and AssertionError when the pool manager does not play along.
    """
    if state not in STATES:
        raise UnknownState(f"there is no state {state!r}; there are {', '.join(map(repr, STATES))}")
    try:
        inspect.signature(STATES[state]).bind(world, **parameters)
    except TypeError:
        raise UnknownState(f"the state {state!r} does not take the parameters {', '.join(map(repr, parameters))}") from None
    for name, value in parameters.items():
        if not _is_fit(name, value):
            raise UnknownState(f"the state {state!r} cannot be had with {name} {value!r}")
    return await STATES[state](world, **parameters)
