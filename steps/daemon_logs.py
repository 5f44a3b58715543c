"""Sentences about what the daemon logs, and what engines printed."""

from typing import Any

from behave import given, then, when

from poolpact.daemon.daemon_log import DaemonLog
from poolpact.daemon.drains import Drains
from poolpact.daemon.engine_logs import EngineLogs
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.stops import Stops
from poolpact.evidence import judges, right, wrong


def daemon_log(context: Any) -> DaemonLog:
    made: DaemonLog = context.world.of(DaemonLog)
    return made


def engine_logs(context: Any) -> EngineLogs:
    made: EngineLogs = context.world.of(EngineLogs)
    return made


# --- the daemon's log ---------------------------------------------------------------------------------------------


@when("caller {caller:Name} preloads pool {name:Name}")
async def step_preload(context: Any, caller: str, name: str) -> None:
    await context.world.of(Preloads).preload(name, caller=daemon_log(context).caller(caller))


@when("caller {caller:Name} stops pool {name:Name}")
async def step_stop(context: Any, caller: str, name: str) -> None:
    await context.world.of(Stops).stop(name, under=daemon_log(context).caller(caller))


@when("caller {caller:Name} drains pool {name:Name}")
async def step_drain(context: Any, caller: str, name: str) -> None:
    await context.world.of(Drains).drain(name, daemon_log(context).caller(caller))


@then(
    "the daemon's log tells once that pool {name:Name} went from {come_from:Name} to {become:Name}, for caller {caller:Name}, "
    "and names {cause:Name}"
)
@judges("PM-OBS-2")
@right
async def step_tells_cause(context: Any, name: str, come_from: str, become: str, caller: str, cause: str) -> None:
    await daemon_log(context).tells_once(name, come_from, become, caller, cause)


@then("the daemon's log tells once that pool {name:Name} went from {come_from:Name} to {become:Name}, for caller {caller:Name}")
@judges("PM-OBS-2")
@right
async def step_tells(context: Any, name: str, come_from: str, become: str, caller: str) -> None:
    await daemon_log(context).tells_once(name, come_from, become, caller)


@then("the daemon's log tells once how pool {name:Name} came to be {come_from:Name} no more, and names {cause:Name}")
@judges("PM-OBS-2")
@right
async def step_tells_end(context: Any, name: str, come_from: str, cause: str) -> None:
    await daemon_log(context).tells_end(name, come_from, cause)


# --- what engines printed -----------------------------------------------------------------------------------------


@given("another engine for pool {name:Name} that {does:Behaviour}")
def step_another_engine(context: Any, name: str, does: str) -> None:
    context.world.replace_engine(name)
    context.world.of(Preloads).engine(name, does)


@when("the lines of the log of pool {name:Name} are read")
async def step_read(context: Any, name: str) -> None:
    await engine_logs(context).read(name)


@when("the last {lines:d} lines of the log of pool {name:Name} are read")
async def step_read_lines(context: Any, lines: int, name: str) -> None:
    await engine_logs(context).read(name, f"?lines={lines}")


@when("a log of {lines:Word} lines of pool {name:Name} is asked for")
async def step_read_odd(context: Any, lines: str, name: str) -> None:
    await engine_logs(context).read(name, f"?lines={lines}")


@when("the log of a pool with the id {id_} is read")
async def step_read_id(context: Any, id_: str) -> None:
    await engine_logs(context).read_raw(id_)


@then("they are {lines:Names}")
@judges("PM-OBS-4")
@right
async def step_printed(context: Any, lines: list[str]) -> None:
    await engine_logs(context).printed(lines)


@then("the log is {lines:Names}, if the pool is still known")
@judges("PM-OBS-4")
@right
async def step_printed_or_forgotten(context: Any, lines: list[str]) -> None:
    await engine_logs(context).printed_or_forgotten(lines)


@then("there is no log of such a pool")
@judges("PM-OBS-4")
@wrong
def step_no_such_pool(context: Any) -> None:
    engine_logs(context).no_such_pool()


@then("the log is refused")
@judges("PM-OBS-4")
@wrong
def step_no_success(context: Any) -> None:
    engine_logs(context).no_success()
