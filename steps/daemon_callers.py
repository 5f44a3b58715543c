"""Sentences about callers that wait."""

from typing import Any

from behave import given, then

from poolpact.daemon.callers import Callers
from poolpact.evidence import judges, right, wrong


def callers(context: Any) -> Callers:
    made: Callers = context.world.of(Callers)
    return made


@given("callers wait for the preload of pool {name:Name}")
async def step_wait_for_one(context: Any, name: str) -> None:
    callers(context).wait_for([name])


@given("callers wait for the preloads of pools {names:Names}")
async def step_wait_for_several(context: Any, names: list[str]) -> None:
    callers(context).wait_for(names)


@given("the preloads of pools {names:Names} are under way")
@then("the preloads of pools {names:Names} are under way")
async def step_in_flight(context: Any, names: list[str]) -> None:
    await callers(context).in_flight(names)


@then("the caller of pool {name:Name} learns that it is ready")
@right
async def step_caller_told_ready(context: Any, name: str) -> None:
    await callers(context).told_ready(name)


@then("the caller of pool {name:Name} learns that it is not to be")
@judges("PM-STOP-1")
@wrong
async def step_caller_told_off(context: Any, name: str) -> None:
    await callers(context).told_off(name)
