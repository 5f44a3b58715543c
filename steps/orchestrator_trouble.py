import asyncio
import json
from typing import Any

from behave import given, then, when

from poolpact.boundary import boundary_of
from poolpact.boundary.timing import demand, most_in_a_second, timed
from poolpact.daemon.bounds import within_bound
from poolpact.evidence import absent, judges, neither, right, wrong
from poolpact.expectation import expect
from poolpact.faults.faults import FirstDo, Redirect, having, without
from poolpact.faults.troubles import asks_for_a_lease, trouble

# --- what is wrong ------------------------------------------------------------------------------------------------


WATCHED = 0.3
"""Seconds, in which an orchestrator that repeats a question would have done so more than once."""


@given("what the orchestrator asks by itself while all is well")
async def step_asked_by_itself(context: Any) -> None:
    context.asked_when_well = await _asked_by_itself(context)


@given("an orchestrator with a deadline of {milliseconds:d} ms")
async def step_deadline(context: Any, milliseconds: int) -> None:
    boundary_of(context).settings["ORCHESTRATORD_DEADLINE_MS"] = str(milliseconds)


@when("the pool manager leaves out {member}")
async def step_leaves_out(context: Any, member: str) -> None:
    await boundary_of(context).misbehave(without(member))


@when("the pool manager says that {member} is {value}")
async def step_says_that(context: Any, member: str, value: str) -> None:
    await boundary_of(context).misbehave(having(member, json.loads(value)))


@when("the pool manager adds a member {member} with the value {value}")
async def step_adds(context: Any, member: str, value: str) -> None:
    await boundary_of(context).misbehave(having(member, json.loads(value)))


@when("the pool manager redirects to the bystander with status {status:d}")
async def step_redirects(context: Any, status: int) -> None:
    await boundary_of(context).misbehave(Redirect(context.bystander.url, status))


@when("the pool manager {sentence:Trouble} after a lease was asked for")
async def step_loses_a_lease(context: Any, sentence: str) -> None:
    await boundary_of(context).misbehave(trouble(sentence, performed=True), asks_for_a_lease)


@when("the pool manager {sentence:Trouble} when it is asked for a lease")
async def step_no_lease(context: Any, sentence: str) -> None:
    await boundary_of(context).misbehave(trouble(sentence), asks_for_a_lease)


@when("{event} just before the orchestrator asks for a lease")
async def step_before_the_lease(context: Any, event: str) -> None:
    boundary = boundary_of(context)
    state: Any = {
        "another orchestrator takes the slot": "full",
        "the engine fails": "failed",
        "the pool is stopped and forgotten": "unknown",
    }[event]
    await boundary.misbehave(FirstDo(lambda: boundary.pool.become(state)), asks_for_a_lease)


@when("the pool manager behaves again")
async def step_behaves(context: Any) -> None:
    await (await boundary_of(context).line()).behave()


@when("the pool manager {sentence:Trouble}")
async def step_trouble(context: Any, sentence: str) -> None:
    await boundary_of(context).misbehave(trouble(sentence))


# --- demand -------------------------------------------------------------------------------------------------------


@when("{callers:d} callers ask the orchestrator for the pool's health at once")
async def step_many_ask(context: Any, callers: int) -> None:
    boundary = boundary_of(context)
    boundary.said.clear()
    context.all_ask = lambda: timed(lambda: asyncio.gather(*(boundary.ask(boundary.pool.id) for _ in range(callers))))
    context.all_took = await context.all_ask()


@when("for {seconds:g} seconds {callers:d} callers ask for health again and again")
async def step_demand_health(context: Any, seconds: float, callers: int) -> None:
    boundary = boundary_of(context)
    await demand(callers, seconds, lambda: boundary.ask(boundary.pool.id))


@when("for {seconds:g} seconds {askers:d} callers ask for health and {workers:d} bring work, again and again")
async def step_demand_work(context: Any, seconds: float, askers: int, workers: int) -> None:
    boundary = boundary_of(context)

    async def work() -> None:
        await (await boundary.give_work()).to_the_end()

    asking = demand(askers, seconds, lambda: boundary.ask(boundary.pool.id))
    await asyncio.gather(asking, demand(workers, seconds, work))


# --- what comes of it ---------------------------------------------------------------------------------------------


@then("the orchestrator reports the pool as not live and not ready within its deadline")
@judges("OR-DEG-2")
@wrong
async def step_reports_in_time(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.in_time(lambda: boundary.ask(boundary.pool.id))
    expect(boundary.last_said.condition == "not live and not ready", f"expected not live and not ready, got {boundary.last_said}")


@then("each was told within the deadline that the pool is not live and not ready")
@judges("OR-DEG-2")
@wrong
async def step_all_in_time(context: Any) -> None:
    boundary = boundary_of(context)
    await within_bound(boundary.time_limit, context.all_ask, first=context.all_took)
    wrong = [health for health in boundary.said if health.condition != "not live and not ready"]
    expect(not wrong, f"expected not live and not ready, got {wrong}")


@then("work for the pool ends without a token within the deadline")
@judges("OR-DEG-2")
@wrong
async def step_refused_in_time(context: Any) -> None:
    boundary = boundary_of(context)

    async def refuse() -> None:
        work = await (await boundary.give_work()).to_the_end()
        expect(work.names[-1:] == ["end"] and not work.tokens, f"expected an end without a token, got {work.told}")

    await boundary.in_time(refuse)


@then("within {seconds:g} second the orchestrator reports the pool as ready")
@judges("OR-RETRY-3")
@right
async def step_back_in_time(context: Any, seconds: float) -> None:
    boundary = boundary_of(context)
    await boundary.until_reported("live and ready", within=seconds)


@then("the pool manager saw connections, but never more than {most:d} in a second")
@judges("OR-RETRY-2")
@neither
async def step_connections(context: Any, most: int) -> None:
    times = (await boundary_of(context).line()).connections
    expect(bool(times), "the pool manager saw no connection at all")
    expect(most_in_a_second(times) <= most, f"{most_in_a_second(times)} connections in a second, {len(times)} in all")


@then("the pool manager is not asked again by itself")
@judges("OR-RETRY-1")
@absent
async def step_not_asked_again(context: Any) -> None:
    more = await _asked_by_itself(context) - context.asked_when_well
    expect(
        more <= 1, f"within {WATCHED:g} s it was asked {more} times more than while all was well, though nobody wanted to know"
    )


async def _asked_by_itself(context: Any) -> int:
    """How often the pool manager is asked while nobody asks the orchestrator."""
    boundary = boundary_of(context)
    requests = (await boundary.line()).requests
    before = len(requests)
    await boundary.world.time.throughout(_always, seconds=WATCHED, what="a quiet time")
    return len(requests) - before


async def _always() -> bool:
    return True


@then("at most one lease was asked for")
@judges("OR-RETRY-1")
async def step_one_lease(context: Any) -> None:
    line = await boundary_of(context).line()
    asked = [request for request in line.requests if asks_for_a_lease(request)]
    keys = {request.header("idempotency-key") for request in asked}
    expect(bool(asked), "no lease was asked for at all")
    expect(len(asked) == 1 or (len(keys) == 1 and None not in keys), f"{len(asked)} leases were asked for, with the keys {keys}")
