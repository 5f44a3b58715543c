"""Sentences about the metrics."""

from typing import Any

from behave import then, when

from poolpact.daemon.metrics import Metrics
from poolpact.evidence import absent, judges, right, wrong


def metrics(context: Any) -> Metrics:
    made: Metrics = context.world.of(Metrics)
    return made


@when("the metrics are read")
async def step_read(context: Any) -> None:
    await metrics(context).read()


@then("they are in the Prometheus text format")
@judges("PM-OBS-1")
@right
def step_well_formed(context: Any) -> None:
    metrics(context).well_formed()


@then("they say that pool {name:Name} is in the state {state:Name}, and in no other")
@judges("PM-OBS-1")
@right
def step_in_state(context: Any, name: str, state: str) -> None:
    metrics(context).in_state(name, state)


@then("they do not say that pool {name:Name} is in the state {state:Name}")
@judges("PM-OBS-1")
@wrong
def step_not_in_state(context: Any, name: str, state: str) -> None:
    metrics(context).not_in_state(name, state)


@then("they say that pool {name:Name} has {slots:d} slot, {free:d} of them free, and {leases:d} leases")
@then("they say that pool {name:Name} has {slots:d} slots, {free:d} of them free, and {leases:d} lease")
@then("they say that pool {name:Name} has {slots:d} slots, {free:d} of them free, and {leases:d} leases")
@judges("PM-OBS-1")
@right
def step_counted(context: Any, name: str, slots: int, free: int, leases: int) -> None:
    metrics(context).counted(name, slots, free, leases)


@then("they count {count:d} preload of pool {name:Name} that failed, if the pool is still known")
@judges("PM-OBS-1")
@right
async def step_failed(context: Any, count: int, name: str) -> None:
    await metrics(context).ended(name, count, "failed")


@then("they count {count:d} preload of pool {name:Name} that became ready")
@then("they count {count:d} preloads of pool {name:Name} that became ready")
@judges("PM-OBS-1")
@right
async def step_became_ready(context: Any, count: int, name: str) -> None:
    await metrics(context).ended(name, count, "ready")


@then("they count {count:d} preload of pool {name:Name} that was cancelled")
@judges("PM-OBS-1")
@right
async def step_cancelled(context: Any, count: int, name: str) -> None:
    await metrics(context).ended(name, count, "cancelled")


@then("the preload of pool {name:Name} took as long as its engine did, and its buckets say the same")
@judges("PM-OBS-1")
@right
def step_took(context: Any, name: str) -> None:
    metrics(context).took_as_long(name)


@then("they tell of pool {name:Name}")
@judges("PM-OBS-1")
@right
def step_tells(context: Any, name: str) -> None:
    metrics(context).tells(name)


@then("they tell nothing of pool {name:Name}")
@judges("PM-OBS-1")
@absent
def step_tells_nothing(context: Any, name: str) -> None:
    metrics(context).tells_nothing(name)
