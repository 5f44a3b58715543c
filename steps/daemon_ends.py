"""Sentences about how engines end: they are stopped, or time out."""

from typing import Any

from behave import given, then, when

from poolpact.daemon.hanging import HangingEngines
from poolpact.daemon.managers import Managers
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.stops import Stops


def stops(context: Any) -> Stops:
    made: Stops = context.world.of(Stops)
    return made


def hanging(context: Any) -> HangingEngines:
    made: HangingEngines = context.world.of(HangingEngines)
    return made


# --- stops --------------------------------------------------------------------------------------------------------


@when("pool {name:Name} is stopped")
async def step_stop(context: Any, name: str) -> None:
    await stops(context).stop(name)


@when("{callers:d} callers stop pool {name:Name} at once")
async def step_stop_at_once(context: Any, callers: int, name: str) -> None:
    await stops(context).stop(name, callers)


@then("it is stopped")
def step_stopped(context: Any) -> None:
    stops(context).stopped()


@then("each of them is told that it is stopped, or that there is nothing to stop")
def step_stopped_or_nothing(context: Any) -> None:
    stops(context).stopped_or_nothing()


@then("stopping pool {name:Name} again finds nothing")
async def step_nothing_to_stop(context: Any, name: str) -> None:
    await stops(context).nothing_to_stop(name)


@given("a file announces pool {name:Name}")
def step_announced(context: Any, name: str) -> None:
    stops(context).announced(name)


@then("no file announces pool {name:Name} any more")
def step_not_announced(context: Any, name: str) -> None:
    stops(context).not_announced(name)


@then("pool {name:Name} can be stopped, preloaded with a right engine on the same port, and becomes ready")
async def step_afresh_on_port(context: Any, name: str) -> None:
    await stops(context).stop(name)
    stops(context).stopped()
    await context.world.of(Preloads).afresh(name, same_port=True)


# --- engines that hang --------------------------------------------------------------------------------------------


@given("engines that hang")
def step_hanging_engines(context: Any) -> None:
    for row in context.table:
        hanging(context).add(row["pool"].replace(" ", "-"), row["hangs"])


@when("they are preloaded")
async def step_preload_hanging(context: Any) -> None:
    await hanging(context).preload()


@then("each is seen live, and neither live nor ready when the start-up time-out is over")
async def step_hanging_timed_out(context: Any) -> None:
    await hanging(context).time_out(context.world.of(Managers).startup_timeout)


@then("nothing of their engines is left")
async def step_hanging_gone(context: Any) -> None:
    await hanging(context).leave_nothing()


@then("their last errors say why")
async def step_hanging_errors(context: Any) -> None:
    await hanging(context).have_errors()
