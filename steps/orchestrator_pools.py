from typing import Any

from behave import given, then, when

from poolpact.boundary import boundary_of
from poolpact.evidence import judges, right, wrong
from poolpact.expectation import expect

# --- pools --------------------------------------------------------------------------------------------------------


@given('a ready pool "P" that the orchestrator reports as ready')
@given("a ready pool that the orchestrator reports as ready")
@right
async def step_ready_and_reported(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.borrow_pool()
    await boundary.until_first_right()


@given("a ready pool whose tokens reach the caller")
@right
async def step_ready_and_delivering(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.make_pool()
    await boundary.until_first_right()
    await boundary.deliver()


@given("a ready pool with {slots:d} slots whose tokens reach the caller")
@right
async def step_ready_with_slots_and_delivering(context: Any, slots: int) -> None:
    boundary = boundary_of(context)
    await boundary.make_pool(slots=slots)
    await boundary.until_first_right()
    await boundary.deliver()


@given("a ready pool whose engine pauses after its first token")
@right
async def step_ready_and_pausing(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.make_pool(flags=("--sim-hold",))
    await boundary.until_first_right()


@given("a ready pool with {slots:d} slots whose engine pauses after its first token")
@right
async def step_ready_with_slots_and_pausing(context: Any, slots: int) -> None:
    boundary = boundary_of(context)
    await boundary.make_pool(slots=slots, flags=("--sim-hold",))
    await boundary.until_first_right()


@given("a ready pool whose engine pauses after its first token and breaks off after the second")
@right
async def step_ready_and_breaking(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.make_pool(flags=("--sim-hold", "--sim-break-after", "2"))
    await boundary.until_first_right()


@given("its engine is replaced by one that breaks off after {tokens:d} tokens")
async def step_breaking_engine(context: Any, tokens: int) -> None:
    await boundary_of(context).pool.renew_engine("--sim-break-after", str(tokens))


@given("another pool that is loading")
async def step_another_pool(context: Any) -> None:
    await (await boundary_of(context).make_pool("other")).become("loading")


@when("the pool becomes {state}")
async def step_pool_becomes(context: Any, state: Any) -> None:
    await boundary_of(context).pool.become(state)


@when("the pool gets a fresh engine")
async def step_fresh_engine(context: Any) -> None:
    await boundary_of(context).pool.renew_engine()


@when("the engine goes on")
async def step_engine_goes_on(context: Any) -> None:
    boundary_of(context).pool.tell_engine("release")


# --- the health of a pool -----------------------------------------------------------------------------------------


@when("the orchestrator is asked for the pool's health")
async def step_ask(context: Any) -> None:
    await _ask(context, 1)


@when("the orchestrator is asked for the pool's health {times:d} times")
async def step_ask_times(context: Any, times: int) -> None:
    await _ask(context, times)


async def _ask(context: Any, times: int) -> None:
    boundary = boundary_of(context)
    (await boundary.line()).forget()
    boundary.said.clear()
    for _ in range(times):
        await boundary.ask(boundary.pool.id)


@then("it reported the pool as ready")
@then("it reported the pool as ready each time")
@right
async def step_said_ready(context: Any) -> None:
    said = boundary_of(context).said
    wrong = [health for health in said if health.condition != "live and ready"]
    expect(bool(said) and not wrong, f"expected a ready pool each time, got {wrong or 'no answer'}")


@then("the orchestrator reports the pool as ready")
@then("the orchestrator reports the pool as ready again")
@then("the orchestrator still reports the pool as ready")
@judges("OR-CFG-1", "OR-DEG-3")
@right
async def step_reports_ready(context: Any) -> None:
    await boundary_of(context).until_reported("live and ready")


@when("the orchestrator reports the pool as {condition} and not ready")
@then("the orchestrator reports the pool as {condition} and not ready")
@judges("OR-DEG-1", "OR-FALLBACK-1")
@wrong
async def step_reports_condition(context: Any, condition: str) -> None:
    await boundary_of(context).until_reported(f"{condition} and not ready")


@then("it says what the cause is")
@judges("OR-DEG-1")
async def step_says_cause(context: Any) -> None:
    health = boundary_of(context).last_said
    expect(bool(health.last_error), f"expected a cause in last_error, got {health}")


@then("the source of its answer is the one of its mode")
@judges("OR-CFG-2")
async def step_source_of_mode(context: Any) -> None:
    boundary = boundary_of(context)
    expected = await boundary.source_of_mode()
    expect(boundary.last_said.source == expected, f"expected the source {expected}, got {boundary.last_said}")


@then('the source of its answer is "{source}"')
@judges("OR-FALLBACK-1")
async def step_source(context: Any, source: str) -> None:
    health = boundary_of(context).last_said
    expect(health.source == source, f"expected the source {source}, got {health}")
