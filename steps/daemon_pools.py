"""Sentences about pool managers, their pools and the statuses of these."""

from typing import Any

from behave import given, then, when

from poolpact.daemon.managers import Managers
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.states import arrange
from poolpact.daemon.statuses import Statuses


def managers(context: Any) -> Managers:
    made: Managers = context.world.of(Managers)
    return made


def statuses(context: Any) -> Statuses:
    made: Statuses = context.world.of(Statuses)
    return made


def preloads(context: Any) -> Preloads:
    made: Preloads = context.world.of(Preloads)
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
async def step_daemon_starts(context: Any, address: str) -> None:
    await managers(context).start_on(address)
    managers(context).started()


@when("a daemon is told to listen on {address:Name} without a token")
async def step_daemon_told(context: Any, address: str) -> None:
    await managers(context).start_on(address)


@then("it does not start, and says in one line what is missing")
def step_daemon_refused(context: Any) -> None:
    managers(context).not_started("token")


# --- pools as a scenario finds them -------------------------------------------------------------------------------


@given("pool {name:Name} is ready")
async def step_pool_ready(context: Any, name: str) -> None:
    await arrange(context.world, "a pool is ready", pool=name)


@given("pool {name:Name} is ready with {slots:d} slot")
@given("pool {name:Name} is ready with {slots:d} slots")
async def step_pool_ready_with_slots(context: Any, name: str, slots: int) -> None:
    await arrange(context.world, "a pool is ready", pool=name, slots=slots)


@given("pool {name:Name} is loading")
async def step_pool_loading(context: Any, name: str) -> None:
    await arrange(context.world, "a pool is loading", pool=name)
    await preloads(context).until_live(name)


@given("pool {name:Name} has failed to load")
async def step_pool_failed(context: Any, name: str) -> None:
    await arrange(context.world, "a pool has failed to load", pool=name)


# --- statuses -----------------------------------------------------------------------------------------------------


@when("the status of pool {name:Name} is read")
async def step_read(context: Any, name: str) -> None:
    await statuses(context).ask(name)


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
def step_whole_status(context: Any, name: str) -> None:
    statuses(context).told(name)


@then("it says live {live:YesNo} and ready {ready:YesNo}, with {slots:d} free slots")
def step_says(context: Any, live: bool, ready: bool, slots: int) -> None:
    statuses(context).told_condition(live=live, ready=ready, slots_free=slots)


@then("it comes within 250 ms and says ready")
async def step_quick_ready(context: Any) -> None:
    await statuses(context).told_within(0.25, ready=True)


@then("it comes within 250 ms and says not ready")
async def step_quick_not_ready(context: Any) -> None:
    await statuses(context).told_within(0.25, ready=False)


@then("each time the pool is unknown")
def step_each_unknown(context: Any) -> None:
    statuses(context).all_unknown()


@then("every status was the same")
def step_all_same(context: Any) -> None:
    statuses(context).all_same()


@then("its status has the engine's url")
async def step_status_url(context: Any) -> None:
    await statuses(context).names_url(preloads(context).last_pool)


@then("its last error names {cause:Name}")
async def step_last_error(context: Any, cause: str) -> None:
    await statuses(context).last_error_names(preloads(context).last_pool, cause)


@then("pool {name:Name} becomes ready")
async def step_becomes_ready(context: Any, name: str) -> None:
    await statuses(context).until_ready(name)


@then("pool {name:Name} is ready within 250 ms")
async def step_ready_at_once(context: Any, name: str) -> None:
    await preloads(context).ready_within(name, 0.25)


@then("pool {name:Name} is not ready")
async def step_not_ready(context: Any, name: str) -> None:
    await statuses(context).not_ready(name)


@then("pool {name:Name} is live and stays not ready for {seconds:f} seconds")
async def step_stays_not_ready(context: Any, name: str, seconds: float) -> None:
    await statuses(context).stays_loading(name, seconds)


@then("pool {name:Name} is soon neither live nor ready")
async def step_soon_gone(context: Any, name: str) -> None:
    await preloads(context).until_started(name)
    await statuses(context).until_gone(name)


@then("pool {name:Name} is neither live nor ready")
async def step_gone(context: Any, name: str) -> None:
    await statuses(context).gone(name)


@then("the status of pool {name:Name} says ready at that moment")
async def step_ready_now(context: Any, name: str) -> None:
    await statuses(context).ready_now(name)


@then("pool {name:Name} is unknown")
async def step_unknown(context: Any, name: str) -> None:
    await statuses(context).unknown(name)


@then("pools {names:Names} are unknown")
async def step_several_unknown(context: Any, names: list[str]) -> None:
    for name in names:
        await statuses(context).unknown(name)


@then("pool {name:Name} has {slots:d} slots, all of them free")
async def step_all_free(context: Any, name: str, slots: int) -> None:
    await statuses(context).has_slots(name, slots)


@given("pool {name:Name} is seen loading")
@given("pool {name:Name} is seen live")
async def step_seen_live(context: Any, name: str) -> None:
    await preloads(context).until_live(name)


@when("pool {name:Name} is seen dead")
async def step_seen_dead(context: Any, name: str) -> None:
    await statuses(context).until(name, live=False)


# --- statuses that are watched ------------------------------------------------------------------------------------


@when("pool {name:Name} is preloaded and its status is read over and over until it is ready")
async def step_watch_loading(context: Any, name: str) -> None:
    await preloads(context).preload(name)
    await statuses(context).until(name, ready=True)


@when("its engine dies of {signal:Word} and the status is read over and over until it is not live")
async def step_watch_dying(context: Any, signal: str) -> None:
    await preloads(context).tell(preloads(context).last_pool, f"signal {signal}")
    await statuses(context).until(preloads(context).last_pool, live=False)


@then("none of these statuses contradicts itself")
def step_no_contradictions(context: Any) -> None:
    statuses(context).none_contradicts()


@then("the pool was seen loading, then ready, then failed")
def step_seen_in_order(context: Any) -> None:
    statuses(context).seen_in_order([(True, False), (True, True), (False, False)])


@then("the pool was seen with {first:d}, {second:d}, {third:d} and {fourth:d} free slots")
def step_seen_free(context: Any, first: int, second: int, third: int, fourth: int) -> None:
    statuses(context).seen_free({first, second, third, fourth})


# --- engines ------------------------------------------------------------------------------------------------------


@then("pool {name:Name} is still served by the same engine")
async def step_same_engine(context: Any, name: str) -> None:
    await statuses(context).same_engine(name)


@then("the engine of pool {name:Name} was started once")
def step_started_once(context: Any, name: str) -> None:
    statuses(context).started_once(name)


@then("the engine of pool {name:Name} was started once, with exactly its flags")
def step_started_with_flags(context: Any, name: str) -> None:
    statuses(context).started_with_its_flags(name)


@then("the engine of pool {name:Name} was not started")
def step_not_started(context: Any, name: str) -> None:
    preloads(context).not_started(context.world.pool(name))


@then("nothing of the engine of pool {name:Name} is left")
async def step_nothing_left(context: Any, name: str) -> None:
    await statuses(context).nothing_left(name)


@when("an engine is started in pool {name:Name}")
async def step_engine_started(context: Any, name: str) -> None:
    await preloads(context).ready(name)


@then("its environment has what a program needs")
def step_environment_usable(context: Any) -> None:
    managers(context).environment_is_usable(preloads(context).last_pool)


@then("no variable of its environment holds the token")
@then("no variable of its environment holds one of these secrets")
def step_environment_clean(context: Any) -> None:
    managers(context).environment_is_clean(preloads(context).last_pool)
