"""Sentences about leases."""

from typing import Any

from behave import given, then, when

from poolpact.daemon.leases import Leases
from poolpact.daemon.managers import Managers
from poolpact.daemon.states import arrange
from poolpact.evidence import judges, right, wrong


def leases(context: Any) -> Leases:
    made: Leases = context.world.of(Leases)
    return made


def lease_ttl(context: Any) -> float:
    return float(context.world.of(Managers).lease_ttl)


@given("a lease {lease:Name} on pool {name:Name}")
@right
async def step_hold(context: Any, lease: str, name: str) -> None:
    await arrange(context.world, "a lease is held", pool=name, lease=lease)


@given("{count:d} leases on pool {name:Name}")
@right
async def step_hold_several(context: Any, count: int, name: str) -> None:
    await arrange(context.world, "slots are leased", pool=name, slots=count)


@when("a lease {lease:Name} is taken on pool {name:Name}")
async def step_take(context: Any, lease: str, name: str) -> None:
    await leases(context).take(lease, name)


@when("a lease {lease:Name} is taken on pool {name:Name} with the key {key:Name}")
async def step_take_with_key(context: Any, lease: str, name: str, key: str) -> None:
    await leases(context).take(lease, name, key)


@when("{callers:d} callers ask for a lease on pool {name:Name} at once")
async def step_take_at_once(context: Any, callers: int, name: str) -> None:
    await leases(context).take_at_once(callers, name)


@when("{callers:d} callers ask for a lease on pool {name:Name} at once with the key {key:Name}")
async def step_take_at_once_with_key(context: Any, callers: int, name: str, key: str) -> None:
    await leases(context).take_at_once(callers, name, key)


@when("lease {lease:Name} is given back")
async def step_give_back(context: Any, lease: str) -> None:
    await leases(context).give_back(lease)


@when("lease {lease:Name} is given back {times:d} times")
async def step_give_back_times(context: Any, lease: str, times: int) -> None:
    await leases(context).give_back_again(lease, times)


@when("a lease that never was is given back on pool {name:Name}")
async def step_give_back_unknown(context: Any, name: str) -> None:
    await leases(context).give_back_unknown(name)


@when("{count:d} leases are asked for and given back one by one, and the status is read after each")
async def step_come_and_go(context: Any, count: int) -> None:
    await leases(context).come_and_go("gpu-0", count)


@when("lease {lease:Name} is renewed, over and over, for longer than a lease lasts")
async def step_keep(context: Any, lease: str) -> None:
    await leases(context).keep(lease, lease_ttl(context))


@when("a lease lasts no longer")
async def step_expire(context: Any) -> None:
    await leases(context).outlast(lease_ttl(context))


@then("the leases of pool {name:Name} end by themselves")
@judges("PM-LEASE-4")
@right
async def step_expired(context: Any, name: str) -> None:
    await leases(context).until_expired(name)


@then("lease {lease:Name} was granted, with an id and an expiry in the future")
@judges("PM-LEASE-1")
@right
def step_granted(context: Any, lease: str) -> None:
    leases(context).granted(lease)


@then("leases {names:Names} are different")
@judges("PM-LEASE-1", "PM-LEASE-6")
def step_different(context: Any, names: list[str]) -> None:
    leases(context).different(*names)


@then("leases {names:Names} are the same")
@judges("PM-LEASE-6")
def step_same(context: Any, names: list[str]) -> None:
    leases(context).same(*names)


@then("pool {name:Name} has {active:d} active lease and {free:d} free slot")
@then("pool {name:Name} has {active:d} active lease and {free:d} free slots")
@then("pool {name:Name} has {active:d} active leases and {free:d} free slot")
@then("pool {name:Name} has {active:d} active leases and {free:d} free slots")
@judges("PM-LEASE-1", "PM-LEASE-3", "PM-LEASE-4", "PM-LEASE-5", "PM-LEASE-6")
@right
async def step_counted(context: Any, name: str, active: int, free: int) -> None:
    await leases(context).counted(name, active, free)


@then("there is no free slot, and the caller is told when to ask again")
@judges("PM-LEASE-2")
@wrong
def step_no_free_slot(context: Any) -> None:
    leases(context).no_free_slot(leases(context).answer)


@then("the pool is not ready for leases")
@judges("PM-LEASE-2")
@wrong
def step_not_ready_for_leases(context: Any) -> None:
    leases(context).not_ready()


@then("a lease can be taken on pool {name:Name}")
@judges("PM-LEASE-4")
@right
async def step_can_take(context: Any, name: str) -> None:
    await leases(context).hold("one more", name)


@then("each time that is fine")
@judges("PM-LEASE-3")
@right
def step_fine(context: Any) -> None:
    leases(context).fine()


@then("lease {lease:Name} can be renewed")
@then("lease {lease:Name} can be renewed with the token")
@judges("PM-AUTH-1", "PM-DRAIN-2", "PM-LEASE-3", "PM-LEASE-4")
@right
async def step_renewable(context: Any, lease: str) -> None:
    await leases(context).renewable(lease)


@then("lease {lease:Name} is lost")
@judges("PM-DRAIN-3", "PM-LEASE-4")
@wrong
async def step_lost(context: Any, lease: str) -> None:
    await leases(context).lost(lease)


@then("exactly {count:d} of them get one, each another")
@judges("PM-LEASE-5")
@right
def step_exactly(context: Any, count: int) -> None:
    leases(context).exactly(count)


@then("the others are told that there is no free slot")
@judges("PM-LEASE-5")
@wrong
def step_others_refused(context: Any) -> None:
    leases(context).others_refused()


@then("all of them get the same lease")
@judges("PM-LEASE-6")
@right
def step_all_the_same(context: Any) -> None:
    leases(context).all_the_same()
