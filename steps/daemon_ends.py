"""Sentences about how engines end: they are stopped, or time out."""

from typing import Any

from behave import given, then, when

from poolpact.daemon.hanging import HangingEngines
from poolpact.daemon.managers import Managers
from poolpact.daemon.stops import Stops
from poolpact.evidence import absent, judges, right, wrong


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
@judges("PM-STOP-1")
@right
def step_stopped(context: Any) -> None:
    stops(context).stopped()


@then("each of them is told that it is stopped, or that there is nothing to stop")
@judges("PM-STOP-1")
@right
def step_stopped_or_nothing(context: Any) -> None:
    stops(context).stopped_or_nothing()


@then("stopping pool {name:Name} again finds nothing")
@judges("PM-STOP-1")
@wrong
async def step_nothing_to_stop(context: Any, name: str) -> None:
    await stops(context).nothing_to_stop(name)


@then("no file announces pool {name:Name} any more")
@judges("PM-STOP-1")
@absent
def step_not_announced(context: Any, name: str) -> None:
    stops(context).not_announced(name)


# --- engines that hang --------------------------------------------------------------------------------------------


@given("engines that hang")
def step_hanging_engines(context: Any) -> None:
    for row in context.table:
        hanging(context).add(row["pool"].replace(" ", "-"), row["hangs"])


@when("they are preloaded, and each is seen live")
async def step_preload_hanging(context: Any) -> None:
    await hanging(context).preload()


@then("each is neither live nor ready when the start-up time-out is over")
@judges("PM-READY-4")
@wrong
async def step_hanging_timed_out(context: Any) -> None:
    await hanging(context).time_out(context.world.of(Managers).startup_timeout)


@then("nothing of their engines is left")
@judges("PM-READY-4")
@absent
async def step_hanging_gone(context: Any) -> None:
    await hanging(context).leave_nothing()


@then("of each it is told why")
@judges("PM-READY-4")
async def step_hanging_told_why(context: Any) -> None:
    await hanging(context).told_why()
