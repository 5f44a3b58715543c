from typing import Any

from behave import given, then, when

from poolpact.boundary import boundary_of
from poolpact.boundary.own_pool import own_pool
from poolpact.boundary.questions import is_traceback
from poolpact.evidence import judges, right, wrong
from poolpact.expectation import expect
from poolpact.faults import FaultProxy, over_http
from poolpact.targets.base import MOST_SHOWN, StartRefused
from poolpact.targets.logs import last_words

WELL_KNOWN_PORT = 9200
TOKEN = "s3cret-of-the-suite"  # noqa: S105 - a token for the suite's own pool managers


# --- pool managers ------------------------------------------------------------------------------------------------


@given("another pool manager that does not know the pool")
async def step_other_manager(context: Any) -> None:
    target = context.world.target
    context.other_manager = await target.pool_manager({"POOL_MANAGERD_TOKEN": TOKEN})
    (await target.line(context.other_manager)).forget()


@given("the pool manager is also reached at 127.0.0.1:9200")
async def step_well_known(context: Any) -> None:
    boundary = boundary_of(context)
    context.well_known = FaultProxy(over_http((await boundary.manager()).url), (await boundary.line()).journal)

    async def take_port() -> bool:
        try:
            await context.well_known.start(WELL_KNOWN_PORT)
        except OSError:
            return False
        return True

    await boundary.world.time.until(take_port, within=5.0, what=f"port {WELL_KNOWN_PORT}, for this scenario to listen on")
    boundary.world.defer(context.well_known.close)


@given("a pool manager that asks for a token, and an orchestrator that has it")
async def step_token(context: Any) -> None:
    await boundary_of(context).manager({"POOL_MANAGERD_TOKEN": TOKEN})


@given("a pool manager whose leases end after {milliseconds:d} ms unless they are renewed")
async def step_short_leases(context: Any, milliseconds: int) -> None:
    await boundary_of(context).manager({"POOL_MANAGERD_LEASE_TTL": f"{milliseconds / 1000:g}s"})


# --- starting orchestrators ---------------------------------------------------------------------------------------


@when("an orchestrator is started with the address of the other pool manager")
async def step_start_with_other(context: Any) -> None:
    way = await context.world.target.way_to(context.other_manager)
    await boundary_of(context).start_second(dict(way))


@when("an orchestrator is started with a slash at the end of the address")
async def step_start_with_slash(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.start_second({"POOL_MANAGERD_URL": f"{(await boundary.line()).url}/"})


@when("an orchestrator is started without an address")
async def step_start_without(context: Any) -> None:
    await boundary_of(context).start_second({}, without="POOL_MANAGERD_URL")


@when('an orchestrator is started with the address "{address}"')
async def step_start_with_address(context: Any, address: str) -> None:
    await boundary_of(context).start_second({"POOL_MANAGERD_URL": address})


@when("an orchestrator is started with another token")
async def step_start_with_token(context: Any) -> None:
    await boundary_of(context).start_second({"POOL_MANAGERD_TOKEN": "not-the-one"})


@when('an orchestrator is started with {name} set to "{value}"')
async def step_start_with_setting(context: Any, name: str, value: str) -> None:
    context.bad_value = value
    await boundary_of(context).start_second({name: value})


@when("an orchestrator is started beside the handoff file")
async def step_start_beside(context: Any) -> None:
    await boundary_of(context).start_second(context.handoffs.settings)


@given("a second orchestrator that reaches the same pool manager over the network")
async def step_second_remote(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.start_second(await boundary.remote_way())


@given("an orchestrator in fallback mode that has a pool of its own")
async def step_fallback(context: Any) -> None:
    boundary = boundary_of(context)
    context.own = own_pool(boundary.world.records.directory)
    boundary.settings |= context.own.settings
    boundary.settings["ORCHESTRATORD_DEADLINE_MS"] = "250"


# --- what comes of it ---------------------------------------------------------------------------------------------


@then("it refuses to start, with a line that names {name}")
@judges("OR-CFG-1", "OR-CFG-2")
@wrong
async def step_refuses(context: Any, name: str) -> None:
    outcome = boundary_of(context).second_outcome
    expect(isinstance(outcome, StartRefused), f"expected that it refuses {name}, but it started")
    if isinstance(outcome, StartRefused):
        said = last_words(outcome.stderr, MOST_SHOWN)
        expect(outcome.exit_code > 0, f"expected a failure, got exit code {outcome.exit_code}")
        expect(name in said or context.bad_value in said, f"expected a line that names {name} or its value, got {said!r}")
        expect(not is_traceback(said), f"expected an error for its operator, got {said!r}")


@then("that orchestrator reports the pool as ready")
@judges("OR-CFG-1")
@right
async def step_second_ready(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.until_reported("live and ready", orchestrator=boundary.second)


@when("that orchestrator reports the pool as not live and not ready")
@then("that orchestrator reports the pool as not live and not ready")
@judges("OR-CFG-1", "OR-DEG-1", "OR-HANDOFF-1", "OR-REQ-2")
@wrong
async def step_second_not_ready(context: Any) -> None:
    boundary = boundary_of(context)
    await boundary.until_reported("not live and not ready", orchestrator=boundary.second)


@then("the other pool manager was asked for the pool")
@judges("OR-CFG-1")
async def step_other_was_asked(context: Any) -> None:
    line = await context.world.target.line(context.other_manager)
    expect(any(boundary_of(context).pool.id in request.target for request in line.requests), "it was not asked")


@then("it was at 127.0.0.1:9200 that it asked")
@judges("OR-CFG-1")
async def step_asked_well_known(context: Any) -> None:
    pool_id = boundary_of(context).pool.id
    expect(any(pool_id in request.target for request in context.well_known.requests), "nothing was asked there")
