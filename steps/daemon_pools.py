"""Sentences about pool managers, their pools and the statuses of these."""

from typing import Any

from behave import given, then, when

from poolpact.daemon.conditions import Conditions
from poolpact.daemon.managers import Managers
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.states import arrange
from poolpact.daemon.statuses import Statuses
from poolpact.daemon.unready import Unready
from poolpact.evidence import absent, judges, neither, right, wrong


def managers(context: Any) -> Managers:
    made: Managers = context.world.of(Managers)
    return made


def statuses(context: Any) -> Statuses:
    made: Statuses = context.world.of(Statuses)
    return made


def preloads(context: Any) -> Preloads:
    made: Preloads = context.world.of(Preloads)
    return made


def unready(context: Any) -> Unready:
    made: Unready = context.world.of(Unready)
    return made


def conditions(context: Any) -> Conditions:
    made: Conditions = context.world.of(Conditions)
    return made


# --- pool managers ------------------------------------------------------------------------------------------------


@given("a pool manager")
async def step_manager(context: Any) -> None:
    await context.world.use_manager()


@given("a pool manager that requires a token")
async def step_manager_with_token(context: Any) -> None:
    await managers(context).with_token()


@given("a pool manager with a short start-up time-out")
async def step_manager_with_short_startup(context: Any) -> None:
    await managers(context).with_short_startup_timeout()


@given("a pool manager with short leases")
async def step_manager_with_short_leases(context: Any) -> None:
    await managers(context).with_short_leases()


@given("a pool manager that may be called {name:Name}")
async def step_manager_with_name(context: Any, name: str) -> None:
    await managers(context).with_allowed_host(name)


@given("a pool manager with secrets of others in its environment")
async def step_manager_with_secrets(context: Any) -> None:
    await managers(context).with_secrets()


@given("a daemon that is told to listen on {address:Name} without a token starts")
@then("a daemon that is told to listen on {address:Name} without a token starts")
@right
async def step_daemon_starts(context: Any, address: str) -> None:
    await managers(context).start_on(address)
    managers(context).started()


@when("a daemon is told to listen on {address:Name} without a token")
async def step_daemon_told(context: Any, address: str) -> None:
    await managers(context).start_on(address)


@then("it does not start, and says in one line what is missing")
@judges("PM-AUTH-2")
@wrong
def step_daemon_refused(context: Any) -> None:
    managers(context).not_started("token")


# --- pools as a scenario finds them -------------------------------------------------------------------------------


@given("pool {name:Name} is ready")
@right
async def step_pool_ready(context: Any, name: str) -> None:
    await arrange(context.world, "a pool is ready", pool=name)


@given("pool {name:Name} is ready with {slots:d} slot")
@given("pool {name:Name} is ready with {slots:d} slots")
@right
async def step_pool_ready_with_slots(context: Any, name: str, slots: int) -> None:
    await arrange(context.world, "a pool is ready", pool=name, slots=slots)


@given("pool {name:Name} is loading")
@right
async def step_pool_loading(context: Any, name: str) -> None:
    await arrange(context.world, "a pool is loading", pool=name)
    await conditions(context).until_live(name)


@given("pool {name:Name} has failed to load")
async def step_pool_failed(context: Any, name: str) -> None:
    await arrange(context.world, "a pool has failed to load", pool=name)


# --- statuses -----------------------------------------------------------------------------------------------------


@when("the status of pool {name:Name} is read")
async def step_read(context: Any, name: str) -> None:
    await statuses(context).ask(name)


@when("the status of pool {name:Name} is read until it is known")
async def step_read_until_known(context: Any, name: str) -> None:
    await statuses(context).ask_until_known(name)


@when("the status of pool {name:Name} is read {times:d} times")
async def step_read_times(context: Any, name: str, times: int) -> None:
    await statuses(context).ask(name, times)


@when(
    "the status is read of pools whose ids differ from that of pool {name:Name} in a letter's case, a letter more "
    "and a letter less"
)
async def step_read_lookalikes(context: Any, name: str) -> None:
    await statuses(context).ask_lookalikes(name)


@then("it is a whole status of pool {name:Name}")
@judges("PM-STATUS-1")
@right
def step_whole_status(context: Any, name: str) -> None:
    statuses(context).told(name)


@then("it is a whole status of pool {name:Name}, or the pool is not known any more")
@judges("PM-STATUS-1")
@neither
def step_whole_or_forgotten(context: Any, name: str) -> None:
    statuses(context).told_or_forgotten(name)


@then("it is answered with a status")
@judges("PM-AUTH-4")
@right
def step_served(context: Any) -> None:
    statuses(context).served()


@then("it comes within 250 ms and says ready")
@judges("PM-STATUS-4")
@right
async def step_quick_ready(context: Any) -> None:
    await statuses(context).told_within(0.25, ready=True)


@then("it comes within 250 ms and says not ready")
@judges("PM-STATUS-4")
@wrong
async def step_quick_not_ready(context: Any) -> None:
    await statuses(context).told_within(0.25, ready=False)


@then("each time the pool is unknown")
@judges("PM-STATUS-2")
@wrong
def step_each_unknown(context: Any) -> None:
    statuses(context).all_unknown()


@then("every status was the same")
@judges("PM-STATUS-5")
def step_all_same(context: Any) -> None:
    statuses(context).all_same()


@then("its status has the engine's url")
@judges("PM-STATUS-6")
@right
async def step_status_url(context: Any) -> None:
    await statuses(context).names_url(preloads(context).last_pool)


@then("pool {name:Name} becomes ready")
@judges("PM-READY-5")
@right
async def step_becomes_ready(context: Any, name: str) -> None:
    await preloads(context).becomes_ready(name)


@then("pool {name:Name} is not ready")
@wrong
async def step_not_ready(context: Any, name: str) -> None:
    await statuses(context).not_ready(name)


@when("its engine has come up")
async def step_engine_up(context: Any) -> None:
    await unready(context).until_up(preloads(context).last_pool)


@then("pool {name:Name} is live and stays not ready for {seconds:f} seconds")
@judges("PM-READY-1")
@right
@wrong
async def step_stays_not_ready(context: Any, name: str, seconds: float) -> None:
    await unready(context).stays_loading(name, seconds)


@then("pool {name:Name} stays not ready for {seconds:f} seconds, whatever else becomes of it")
@judges("PM-READY-1", "PM-READY-5")
@wrong
async def step_stays_not_ready_at_least(context: Any, name: str, seconds: float) -> None:
    await unready(context).stays_not_ready(name, seconds)


@then("pool {name:Name} is neither live nor ready")
@judges("PM-READY-3")
@wrong
async def step_gone(context: Any, name: str) -> None:
    await statuses(context).gone(name)


@then("pool {name:Name} is unknown")
@judges("PM-STOP-1")
@wrong
async def step_unknown(context: Any, name: str) -> None:
    await statuses(context).unknown(name)


@then("pools {names:Names} are unknown")
@judges("PM-PRELOAD-3")
@wrong
async def step_several_unknown(context: Any, names: list[str]) -> None:
    for name in names:
        await statuses(context).unknown(name)


@then("pool {name:Name} has {slots:d} slots")
@judges("PM-READY-6")
@right
async def step_has_slots(context: Any, name: str, slots: int) -> None:
    await statuses(context).has_slots(name, slots)


@given("pool {name:Name} is seen loading")
@given("pool {name:Name} is seen live")
@right
async def step_seen_live(context: Any, name: str) -> None:
    await conditions(context).until_live(name)


@when("pool {name:Name} is seen dead")
async def step_seen_dead(context: Any, name: str) -> None:
    await statuses(context).until(name, live=False)


# --- statuses that are watched ------------------------------------------------------------------------------------


@when("the status of pool {name:Name} is read over and over while its engine loads, turns healthy and dies")
async def step_watch(context: Any, name: str) -> None:
    await conditions(context).watch_a_life(name)


@then("each of these statuses is a whole one of pool {name:Name}, while the pool is known")
@judges("PM-STATUS-1")
def step_all_whole(context: Any, name: str) -> None:
    statuses(context).all_whole(name)


@then("none of these statuses contradicts itself")
@judges("PM-STATUS-3")
@neither
def step_no_contradictions(context: Any) -> None:
    statuses(context).none_contradicts()


@then("the pool was seen loading, then ready")
@judges("PM-STATUS-3")
def step_seen_in_order(context: Any) -> None:
    statuses(context).seen_in_order((True, False), (True, True))


@then("the pool was seen with {first:d}, {second:d}, {third:d} and {fourth:d} free slots")
@judges("PM-STATUS-3")
def step_seen_free(context: Any, first: int, second: int, third: int, fourth: int) -> None:
    statuses(context).seen_free({first, second, third, fourth})


# --- engines ------------------------------------------------------------------------------------------------------


@then("pool {name:Name} is still served by the same engine")
@judges("PM-PRELOAD-10", "PM-PRELOAD-3", "PM-PRELOAD-5", "PM-PRELOAD-6", "PM-PRELOAD-7", "PM-STATUS-5", "PM-STATUS-7")
@right
async def step_same_engine(context: Any, name: str) -> None:
    await statuses(context).same_engine(name)


@then("the engine of pool {name:Name} was started once")
@judges("PM-PRELOAD-6", "PM-PRELOAD-8", "PM-STATUS-5")
def step_started_once(context: Any, name: str) -> None:
    statuses(context).started_once(name)


@then("no engine of pool {name:Name} was started by that")
@judges("PM-STATUS-5")
@absent
def step_not_started_by_asking(context: Any, name: str) -> None:
    statuses(context).not_started_by_asking(name)


@then("the engine of pool {name:Name} was started once, with exactly its flags")
@judges("PM-PRELOAD-1")
@right
def step_started_with_flags(context: Any, name: str) -> None:
    statuses(context).started_with_its_flags(name)


@then("the engine of pool {name:Name} was not started")
@judges("PM-PRELOAD-3", "PM-PRELOAD-4")
@absent
def step_not_started(context: Any, name: str) -> None:
    preloads(context).not_started(context.world.pool(name))


@then("nothing of the engine of pool {name:Name} is left")
@judges("PM-DRAIN-2", "PM-DRAIN-3", "PM-DRAIN-4", "PM-READY-4", "PM-STOP-1")
@absent
async def step_nothing_left(context: Any, name: str) -> None:
    await statuses(context).nothing_left(name)


@when("an engine is started in pool {name:Name}")
@right
async def step_engine_started(context: Any, name: str) -> None:
    await conditions(context).ready(name)


@then("its environment has what a program needs")
@judges("PM-AUTH-5")
@right
def step_environment_usable(context: Any) -> None:
    managers(context).environment_is_usable(preloads(context).last_pool)


@then("no variable of its environment holds the token")
@then("no variable of its environment holds one of these secrets")
@judges("PM-AUTH-5")
@absent
def step_environment_clean(context: Any) -> None:
    managers(context).environment_is_clean(preloads(context).last_pool)
