"""Sentences about preloading."""

import json
from typing import Any

from behave import given, then, when

from poolpact.daemon.conditions import Conditions
from poolpact.daemon.failures import Failures
from poolpact.daemon.managers import Managers
from poolpact.daemon.preloads import LONG, Preloads
from poolpact.daemon.promptness import Promptness
from poolpact.daemon.statuses import SOON
from poolpact.evidence import absent, judges, neither, right, wrong


def preloads(context: Any) -> Preloads:
    made: Preloads = context.world.of(Preloads)
    return made


def conditions(context: Any) -> Conditions:
    made: Conditions = context.world.of(Conditions)
    return made


def failures(context: Any) -> Failures:
    made: Failures = context.world.of(Failures)
    return made


def promptness(context: Any) -> Promptness:
    made: Promptness = context.world.of(Promptness)
    return made


# --- engines as a scenario wants them -----------------------------------------------------------------------------


@given("an engine for pool {name:Name} with the further flags {flags}")
def step_engine_with_flags(context: Any, name: str, flags: str) -> None:
    context.world.prepared(name, *json.loads(flags))


@given("an engine for pool {name:Name} that is asked for its health at {path:Name}")
def step_engine_with_health_path(context: Any, name: str, path: str) -> None:
    context.world.prepared(name, health_path=path)


@given("an engine for pool {name:Name} that {does:Behaviour}")
def step_engine(context: Any, name: str, does: str) -> None:
    preloads(context).engine(name, does)


@given("no slots are prepared for pool {name:Name}")
def step_no_slots_prepared(context: Any, name: str) -> None:
    context.world.prepared(name)


@given("{slots:d} slots are prepared for pool {name:Name}")
def step_slots_prepared(context: Any, slots: int, name: str) -> None:
    context.world.prepared(name, slots_total=slots)


@given("it has been loading for {seconds:g} seconds")
@right
async def step_has_been_loading(context: Any, seconds: float) -> None:
    await promptness(context).load_for(seconds)


@given("a stranger answers healthy on the port of pool {name:Name}")
async def step_stranger(context: Any, name: str) -> None:
    await conditions(context).let_stranger_answer(name)


@when("the stranger goes away")
async def step_stranger_goes(context: Any) -> None:
    await conditions(context).send_stranger_away()


@when("its engine turns healthy")
async def step_its_engine_healthy(context: Any) -> None:
    await preloads(context).tell(preloads(context).last_pool, "healthy")


@when("its engine turns healthy right after it was asked")
def step_its_engine_healthy_then(context: Any) -> None:
    promptness(context).turn_healthy(preloads(context).last_pool)


@when("the engine of pool {name:Name} ends")
async def step_engine_ends(context: Any, name: str) -> None:
    await conditions(context).end(name)


@when("the engine of pool {name:Name} turns healthy")
async def step_engine_healthy(context: Any, name: str) -> None:
    await preloads(context).tell(name, "healthy")


@when("its engine dies of {signal:Word}")
async def step_engine_dies(context: Any, signal: str) -> None:
    await preloads(context).tell(preloads(context).last_pool, f"signal {signal}")


# --- preloads -----------------------------------------------------------------------------------------------------


@when("pool {name:Name} is preloaded")
async def step_preload(context: Any, name: str) -> None:
    await preloads(context).preload(name)


@when("pool {name:Name} is preloaded again")
async def step_preload_again(context: Any, name: str) -> None:
    await preloads(context).preload_again(name)


@given("pool {name:Name} was preloaded and is live")
@right
async def step_preloaded_and_live(context: Any, name: str) -> None:
    await preloads(context).preload(name)
    await conditions(context).until_live(name)


@when("pool {name:Name} is preloaded by a caller that waits up to {seconds:d} second")
@when("pool {name:Name} is preloaded by a caller that waits up to {seconds:d} seconds")
async def step_preload_waiting(context: Any, name: str, seconds: int) -> None:
    await preloads(context).preload_waiting(name, seconds)


@when("pool {name:Name} is preloaded by a caller that waits well beyond the start-up time-out")
async def step_preload_waiting_long(context: Any, name: str) -> None:
    await preloads(context).preload_waiting(name, LONG)


@when("pool {name:Name} is preloaded again {times:d} times by a caller that waits up to {seconds:d} seconds")
async def step_preload_again_waiting(context: Any, name: str, times: int, seconds: int) -> None:
    await preloads(context).preload_in_turn(name, times, seconds)


@when("{callers:d} callers preload pool {name:Name} at once and wait up to {seconds:d} seconds")
async def step_preload_at_once(context: Any, callers: int, name: str, seconds: int) -> None:
    await preloads(context).preload_at_once(name, callers, seconds)


@when("pool {name:Name} is preloaded again, with members that no daemon knows")
async def step_preload_extended(context: Any, name: str) -> None:
    await preloads(context).preload_extended(name)


@when("pool {name:Name} is preloaded with another {member}")
async def step_preload_other(context: Any, name: str, member: str) -> None:
    await preloads(context).preload_other(name, member)


# --- preloads that are broken -------------------------------------------------------------------------------------


@when("the engine of pool {name:Name} is preloaded into pool {other:Name}")
async def step_preload_into(context: Any, name: str, other: str) -> None:
    await preloads(context).preload_into(name, other)


@when("pool {name:Name} is preloaded with a body that is {broken}")
async def step_preload_broken(context: Any, name: str, broken: str) -> None:
    await preloads(context).preload_broken(name, broken)


@when("pool {name:Name} is preloaded without {member:Word}")
async def step_preload_without(context: Any, name: str, member: str) -> None:
    await preloads(context).preload_changed(name, **{member: ...})


@when("pool {name:Name} is preloaded with {member:Word} as {value}")
async def step_preload_changed(context: Any, name: str, member: str, value: str) -> None:
    await preloads(context).preload_changed(name, **{member: json.loads(value)})


@when("pool {name:Name} is preloaded with the content type {content_type:Word}")
async def step_preload_as(context: Any, name: str, content_type: str) -> None:
    await preloads(context).preload_as(name, content_type)


@when("pool {name:Name} is preloaded with a binary that is {useless}")
async def step_preload_useless(context: Any, name: str, useless: str) -> None:
    await preloads(context).preload_useless(name, useless)


# --- outcomes -----------------------------------------------------------------------------------------------------


@then("all preloads are accepted, by one process")
@judges("PM-PRELOAD-6", "PM-PRELOAD-8")
@right
async def step_all_accepted(context: Any) -> None:
    await preloads(context).all_accepted()


@then("both preloads are accepted, by one process")
@judges("PM-PRELOAD-6")
@right
async def step_both_accepted(context: Any) -> None:
    await preloads(context).accepted(2)


@then("the caller learns that it is under way, and where to look, or is kept waiting")
@judges("PM-PRELOAD-2")
@right
async def step_under_way(context: Any) -> None:
    await preloads(context).under_way()


@then("the caller was told where to look, or the process of the engine that is healthy by then")
@judges("PM-PRELOAD-2")
@right
async def step_truly_answered(context: Any) -> None:
    await preloads(context).truly_answered()


@then("if it was told so, the pool is ready at that moment")
@judges("PM-PRELOAD-2")
async def step_ready_at_that_moment(context: Any) -> None:
    await preloads(context).ready_at_that_moment()


@then("pool {name:Name} is seen to be ready within 250 ms")
@judges("PM-READY-2")
@right
async def step_seen_at_once(context: Any, name: str) -> None:
    await promptness(context).seen_within(name, 0.25)


@then("the preload is refused")
@judges("PM-PRELOAD-3", "PM-PRELOAD-4")
@wrong
def step_refused(context: Any) -> None:
    preloads(context).refused()


@then("the preload is refused and starts nothing, or the body is taken for what it is")
@judges("PM-PRELOAD-4")
@neither
async def step_refused_or_as_ever(context: Any) -> None:
    await preloads(context).refused_or_as_ever()


@then("the preload is refused as a conflict")
@judges("PM-PRELOAD-7")
@wrong
def step_conflict(context: Any) -> None:
    preloads(context).refused((409,))


@then("the other engine was not started")
@judges("PM-PRELOAD-7")
@absent
def step_other_not_started(context: Any) -> None:
    preloads(context).other_not_started()


@then("the same preload as before is still accepted")
@judges("PM-PRELOAD-7")
@right
async def step_same_still_accepted(context: Any) -> None:
    await preloads(context).preload(preloads(context).last_pool)
    await preloads(context).accepted()


@then("the preload is refused, or the pool fails, with an error that says why")
@judges("PM-PRELOAD-5")
@wrong
async def step_refused_or_failed(context: Any) -> None:
    await failures(context).refused_or_failed()


@then("the load of pool {name:Name} fails within {seconds:d} seconds, and what is told names {cause:Name}")
@judges("PM-READY-3")
@wrong
async def step_fails_soon(context: Any, name: str, seconds: int, cause: str) -> None:
    await failures(context).told_at_once(name, seconds, cause)


@then("the load of pool {name:Name} fails when the start-up time-out is over, and something is told")
@judges("PM-READY-4")
@wrong
async def step_fails(context: Any, name: str) -> None:
    await failures(context).told_why(name, within=context.world.of(Managers).startup_timeout + SOON)


@then("pool {name:Name} can be preloaded and becomes ready")
@then("pool {name:Name} can be preloaded with a right binary and becomes ready")
@then("pool {name:Name} can be preloaded with a right engine and becomes ready")
@then("pool {name:Name} can still be preloaded")
@judges("PM-PRELOAD-10", "PM-PRELOAD-5")
@right
async def step_afresh(context: Any, name: str) -> None:
    await conditions(context).afresh(name)


@then("pool {name:Name} can be preloaded with a right engine on the same port, and becomes ready")
@right
async def step_afresh_on_port(context: Any, name: str) -> None:
    await conditions(context).afresh(name, same_port=True)
