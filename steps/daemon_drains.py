"""Sentences about draining pools, and about what their engines work on meanwhile."""

import json
from typing import Any

from behave import given, then, when

from poolpact.daemon.drains import Drains
from poolpact.daemon.work import Work
from poolpact.evidence import judges, right, wrong


def drains(context: Any) -> Drains:
    made: Drains = context.world.of(Drains)
    return made


def work(context: Any) -> Work:
    made: Work = context.world.of(Work)
    return made


@given("the engine of pool {name:Name} works on a request")
@right
async def step_work(context: Any, name: str) -> None:
    await work(context).begin(name)


@when("the engine of pool {name:Name} gets on with its request")
async def step_get_on(context: Any, name: str) -> None:
    await work(context).let_end(name)


@when("pool {name:Name} is drained")
async def step_drain(context: Any, name: str) -> None:
    await drains(context).drain(name)


@when("pool {name:Name} is drained within {ms:d} ms by a caller who waits")
async def step_drain_within(context: Any, name: str, ms: int) -> None:
    await drains(context).drain_waiting(name, ms)


@when("pool {name:Name} is drained with the deadline {deadline}")
async def step_drain_badly(context: Any, name: str, deadline: str) -> None:
    await drains(context).drain_as(name, {"deadline_ms": json.loads(deadline)})


@then("pool {name:Name} takes no new work")
@judges("PM-DRAIN-1")
@wrong
async def step_no_work(context: Any, name: str) -> None:
    await drains(context).takes_no_work(name)


@then("no lease is to be had of pool {name:Name}")
@judges("PM-DRAIN-1")
@wrong
async def step_no_lease(context: Any, name: str) -> None:
    await drains(context).gives_no_lease(name)


@then("pool {name:Name} cannot be preloaded meanwhile")
@judges("PM-DRAIN-1")
@wrong
async def step_no_preload(context: Any, name: str) -> None:
    await drains(context).takes_no_engine(name)


@then("the engine of pool {name:Name} still runs")
@judges("PM-DRAIN-2")
@right
async def step_runs(context: Any, name: str) -> None:
    await drains(context).still_runs(name)


@then("the request to the engine of pool {name:Name} is answered to the end")
@judges("PM-DRAIN-2")
@right
async def step_answered(context: Any, name: str) -> None:
    await work(context).ends_well(name)


@then("the drain of pool {name:Name} is over, without force")
@judges("PM-DRAIN-2", "PM-DRAIN-4")
@right
async def step_over(context: Any, name: str) -> None:
    await drains(context).over(name)


@then("whoever drained pool {name:Name} is told that it was by force")
@judges("PM-DRAIN-3")
@right
async def step_forced(context: Any, name: str) -> None:
    await drains(context).told_forced(name)


@then("there is no pool {name:Name} to drain")
@judges("PM-DRAIN-5")
@wrong
async def step_unknown(context: Any, name: str) -> None:
    await drains(context).unknown(name)


@then("there is nothing to drain in pool {name:Name}, and that is fine")
@judges("PM-DRAIN-5")
@right
async def step_nothing_to_drain(context: Any, name: str) -> None:
    await drains(context).nothing_to_do(name)


@then("that drain is refused")
@judges("PM-DRAIN-5")
@wrong
def step_refused(context: Any) -> None:
    drains(context).refused()
