"""Sentences about callers that wait."""

from typing import Any

from behave import given, then

from poolpact.daemon.callers import Callers
from poolpact.daemon.preloads import Preloads


def callers(context: Any) -> Callers:
    made: Callers = context.world.of(Callers)
    return made


def preloads(context: Any) -> Preloads:
    made: Preloads = context.world.of(Preloads)
    return made


@given("callers wait for the preload of pool {name:Name}")
async def step_wait_for_one(context: Any, name: str) -> None:
    callers(context).wait_for([name])


@given("callers wait for the preloads of pools {names:Names}")
async def step_wait_for_several(context: Any, names: list[str]) -> None:
    callers(context).wait_for(names)


@then("the callers of pools {names:Names} still wait")
def step_still_wait(context: Any, names: list[str]) -> None:
    callers(context).still_wait(names)


@then("the callers of pool {name:Name} are told that it is ready")
async def step_callers_told_ready(context: Any, name: str) -> None:
    await callers(context).until_told(name)
    preloads(context).told_serving_process()


@then("the callers of pool {name:Name} are told that it is not to be")
async def step_callers_told_no(context: Any, name: str) -> None:
    await callers(context).until_told(name)
    preloads(context).refused()
