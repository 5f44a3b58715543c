import shutil
from typing import Any

from behave import given, then, when

from poolpact.boundary import boundary_of
from poolpact.boundary.handoffs import Handoffs
from poolpact.boundary.timing import demand
from poolpact.evidence import absent, judges, right, wrong
from poolpact.expectation import expect

# --- handoff files ------------------------------------------------------------------------------------------------


@given("a handoff file for a pool that the pool manager does not know")
async def step_foreign_handoff(context: Any) -> None:
    context.handoff_pool = context.world.pool("handed-over").id
    _lay_handoff(context)


@given("a handoff file for the same pool")
async def step_same_handoff(context: Any) -> None:
    context.handoff_pool = boundary_of(context).pool.id
    _lay_handoff(context)


def _lay_handoff(context: Any) -> None:
    folder = context.world.records.directory / "handed-over"
    context.add_cleanup(shutil.rmtree, folder, ignore_errors=True)
    context.handoffs = Handoffs(folder)
    context.handoffs.lay(context.handoff_pool, f"http://127.0.0.1:{context.world.pool('handed-over').port}")


@when("work is given to the pool through that orchestrator")
async def step_work_through_second(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.give_work(orchestrator=boundary.second)


@then("it reports the pool of the handoff file as not live and not ready")
@judges("OR-HANDOFF-1")
@wrong
async def step_handoff_pool_unknown(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.until_reported("not live and not ready", context.handoff_pool, boundary.second)


@then("the handoff file was neither read nor changed")
@judges("OR-HANDOFF-1")
@absent
async def step_handoff_untouched(context: Any) -> None:
    expect(not context.handoffs.touched(), f"touched: {context.handoffs.touched()}")


@then("no file was made beside the handoff file")
@judges("OR-HANDOFF-1")
@absent
async def step_nothing_made(context: Any) -> None:
    expect(not context.handoffs.added(), f"made: {context.handoffs.added()}")


# --- parity -------------------------------------------------------------------------------------------------------


@then("both orchestrators report the pool as ready")
@judges("OR-PARITY-1")
@right
async def step_both_ready(context: Any) -> None:
    boundary = boundary_of(context)
    for orchestrator in (await boundary.orchestrator(), boundary.second):
        await boundary.until_reported("live and ready", orchestrator=orchestrator)


@then("both orchestrators say the same of the pool, except where they have it from")
@judges("OR-PARITY-1")
async def step_same_health(context: Any) -> None:
    boundary = boundary_of(context)
    own, remote = [await boundary.ask(boundary.pool.id, each) for each in (await boundary.orchestrator(), boundary.second)]
    expect((own.source, remote.source) == ("embedded", "remote"), f"the sources are {own.source} and {remote.source}")
    expect(own.saying == remote.saying, f"in process: {own}; over the network: {remote}")


@when("the same work is given to the pool through both orchestrators")
async def step_work_through_both(context: Any) -> None:
    boundary = boundary_of(context)
    for orchestrator in (await boundary.orchestrator(), boundary.second):
        await (await boundary.give_work(orchestrator=orchestrator)).to_the_end()


@then("both streams say the same")
@judges("OR-PARITY-1")
async def step_same_events(context: Any) -> None:
    own, remote = boundary_of(context).works[-2:]
    expect(bool(own.events) and own.events == remote.events, f"in process: {own.told}; over the network: {remote.told}")


# --- fallback -----------------------------------------------------------------------------------------------------


@when("for {seconds:g} seconds {callers:d} callers ask for its own pool again and again")
async def step_demand_own(context: Any, seconds: float, callers: int) -> None:
    boundary = boundary_of(context)
    await demand(callers, seconds, lambda: boundary.ask(context.own.id))


@then("the orchestrator reports its own pool as ready")
@judges("OR-FALLBACK-1")
@right
async def step_own_ready(context: Any) -> None:
    await boundary_of(context).until_reported("live and ready", context.own.id)


@then("the orchestrator reports its own pool as not live and not ready")
@judges("OR-FALLBACK-1")
@wrong
async def step_own_not_ready(context: Any) -> None:
    await boundary_of(context).until_reported("not live and not ready", context.own.id)


@then("its own engine was started once")
@judges("OR-FALLBACK-1")
async def step_own_started_once(context: Any) -> None:
    starts = context.world.records.starts(context.own.id)
    expect(len(starts) == 1, f"expected one start, got {len(starts)}")
