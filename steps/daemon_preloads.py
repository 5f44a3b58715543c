"""Sentences about preloading."""

import json
from typing import Any

from behave import given, then, when

from poolpact.daemon.preloads import Preloads


def preloads(context: Any) -> Preloads:
    made: Preloads = context.world.of(Preloads)
    return made


# --- engines as a scenario wants them -----------------------------------------------------------------------------


@given("an engine for pool {name:Name} with the further flags {flags}")
def step_engine_with_flags(context: Any, name: str, flags: str) -> None:
    context.world.prepared(name, *json.loads(flags))


@given("an engine for pool {name:Name} that is asked for its health at {path:Name}")
def step_engine_with_health_path(context: Any, name: str, path: str) -> None:
    context.world.prepared(name, health_path=path)


@given("an engine for pool {name:Name} that {does}")
def step_engine(context: Any, name: str, does: str) -> None:
    preloads(context).engine(name, does)


@given("no slots are prepared for pool {name:Name}")
def step_no_slots_prepared(context: Any, name: str) -> None:
    context.world.prepared(name)


@given("{slots:d} slots are prepared for pool {name:Name}")
def step_slots_prepared(context: Any, slots: int, name: str) -> None:
    context.world.prepared(name, slots_total=slots)


@given("it has been loading for {seconds:g} seconds")
async def step_has_been_loading(context: Any, seconds: float) -> None:
    await preloads(context).load_for(seconds)


@given("a stranger answers healthy on the port of pool {name:Name}")
async def step_stranger(context: Any, name: str) -> None:
    await preloads(context).let_stranger_answer(name)


@when("the stranger goes away")
async def step_stranger_goes(context: Any) -> None:
    await preloads(context).send_stranger_away()


@then("the stranger was asked for its health, or left alone")
def step_stranger_asked(context: Any) -> None:
    preloads(context).stranger_only_asked_for_health()


@when("its engine turns healthy")
async def step_its_engine_healthy(context: Any) -> None:
    await preloads(context).tell(preloads(context).last_pool, "healthy")


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
async def step_preloaded_and_live(context: Any, name: str) -> None:
    await preloads(context).preload(name)
    await preloads(context).until_live(name)


@when("pool {name:Name} is preloaded by a caller that waits up to {seconds:d} second")
@when("pool {name:Name} is preloaded by a caller that waits up to {seconds:d} seconds")
async def step_preload_waiting(context: Any, name: str, seconds: int) -> None:
    await preloads(context).preload(name, seconds)


@when("pool {name:Name} is preloaded by a caller that waits well beyond the start-up time-out")
async def step_preload_waiting_long(context: Any, name: str) -> None:
    await preloads(context).preload(name, 60)


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


@then("the preload is accepted")
def step_accepted(context: Any) -> None:
    preloads(context).accepted()


@then("both preloads are accepted")
def step_both_accepted(context: Any) -> None:
    preloads(context).accepted(2)


@then("the caller learns that it is under way, and where to look")
def step_under_way(context: Any) -> None:
    preloads(context).under_way()


@then("the caller is told the process of the engine that serves")
def step_told_process(context: Any) -> None:
    preloads(context).told_serving_process()


@then("each of them is told the process that already served")
@then("all of them are told the same process")
def step_all_told_process(context: Any) -> None:
    preloads(context).told_serving_process()


@then("that came within 250 ms of the engine turning healthy")
async def step_told_at_once(context: Any) -> None:
    await preloads(context).told_within(0.25)


@then("the preload is refused with an error that says why")
def step_refused(context: Any) -> None:
    preloads(context).refused()


@then("the error names {member:Word}")
def step_error_names(context: Any, member: str) -> None:
    preloads(context).error_names(member)


@then("the preload is refused as a conflict")
def step_conflict(context: Any) -> None:
    preloads(context).refused((409,))


@then("the other engine was not started")
def step_other_not_started(context: Any) -> None:
    preloads(context).other_not_started()


@then("the same preload as before is still accepted")
async def step_same_still_accepted(context: Any) -> None:
    await preloads(context).preload(preloads(context).last_pool)
    preloads(context).accepted()


@then("the preload is refused, or the pool fails, with an error that says why")
async def step_refused_or_failed(context: Any) -> None:
    await preloads(context).refused_or_failed()


@then("the preload fails within {seconds:d} seconds with an error that names {cause:Name}")
def step_fails_soon(context: Any, seconds: int, cause: str) -> None:
    preloads(context).failed_because(cause, within=seconds)


@then("the preload fails with an error that says why")
def step_fails(context: Any) -> None:
    preloads(context).refused(range(500, 600))


@then("pool {name:Name} can be preloaded and becomes ready")
@then("pool {name:Name} can be preloaded with a right binary and becomes ready")
@then("pool {name:Name} can be preloaded with a right engine and becomes ready")
async def step_afresh(context: Any, name: str) -> None:
    await preloads(context).afresh(name)


@then("pool {name:Name} can still be preloaded")
async def step_still_preloadable(context: Any, name: str) -> None:
    await preloads(context).afresh(name)
