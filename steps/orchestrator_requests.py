import re
from typing import Any

from behave import given, then, when

from poolpact.boundary import boundary_of
from poolpact.boundary.boundary import TRIALS
from poolpact.boundary.conversation import encoded
from poolpact.boundary.questions import accepts_json, targets_beside
from poolpact.evidence import absent, judges, neither, wrong
from poolpact.expectation import expect
from poolpact.faults import Request
from poolpact.faults.bystander import Bystander

_READS = ("GET", "HEAD")
_CORRELATION = ("x-correlation-id", "traceparent")


async def _requests(context: Any) -> list[Request]:
    requests = (await boundary_of(context).line()).requests
    expect(bool(requests), "the pool manager was not asked at all")
    return requests


@given("a bystander who would answer in the pool manager's place")
async def step_bystander(context: Any) -> None:
    boundary = boundary_of(context)
    context.bystander = Bystander((await boundary.line()).journal)
    await context.bystander.start()
    boundary.world.defer(context.bystander.close)


@when('the orchestrator is asked for the health of a pool called "{name}"')
async def step_ask_for_name(context: Any, name: str) -> None:
    boundary = boundary_of(context)
    context.asked_for = re.sub(r"\bP\b", boundary.pool.id, name)
    (await boundary.line()).forget()
    await boundary.ask(context.asked_for)


@then("it reported that pool as not live and not ready")
@judges("OR-REQ-1")
@wrong
async def step_said_not_ready(context: Any) -> None:
    health = boundary_of(context).last_said
    expect(health.condition == "not live and not ready", f"expected not live and not ready, got {health}")


@then("the pool manager was asked for exactly that id, or not at all")
@judges("OR-REQ-1")
@neither
async def step_exact_id(context: Any) -> None:
    boundary = boundary_of(context)
    line = await boundary.line()
    others: list[str] = []
    for _ in range(TRIALS):
        others = targets_beside(context.asked_for, line.requests)
        if not others:
            return
        line.forget()
        await boundary.ask(context.asked_for)
    raise AssertionError(f"for {context.asked_for!r} it was asked {others}, each of {TRIALS} times")


@then("the pool manager was only read from")
@judges("OR-REQ-1")
async def step_only_read(context: Any) -> None:
    other = [request for request in await _requests(context) if request.method not in _READS]
    expect(not other, f"it was also asked {[(request.method, request.target) for request in other]}")


@then("it was asked for the status of that pool")
@judges("OR-REQ-1")
async def step_status_asked(context: Any) -> None:
    wanted = f"/pools/{encoded(boundary_of(context).pool.id)}/status"
    targets = {request.target for request in await _requests(context)}
    expect(wanted in targets, f"expected {wanted}, it was asked for {targets}")


@then("every request that the pool manager saw accepts JSON")
@judges("OR-REQ-1")
async def step_accepts_json(context: Any) -> None:
    for request in await _requests(context):
        expect(accepts_json(request), f"{request.target}: Accept is {request.header('accept')!r}")


@then("every request that the pool manager saw carries the token")
@judges("OR-REQ-2")
async def step_token_sent(context: Any) -> None:
    token = (await boundary_of(context).manager()).token
    for request in await _requests(context):
        expect(request.header("authorization") == f"Bearer {token}", f"{request.target}: without the token")


@then("no request that the pool manager saw carries a token")
@judges("OR-REQ-2")
@absent
async def step_no_token_sent(context: Any) -> None:
    for request in await _requests(context):
        expect(request.header("authorization") is None, f"{request.target}: with an Authorization")


@then("every request that the pool manager saw carries a correlation id")
@judges("OR-REQ-3")
async def step_correlated(context: Any) -> None:
    for request in await _requests(context):
        expect(any(request.header(name) for name in _CORRELATION), f"{request.method} {request.target}: without one")


@then("the bystander never saw the token")
@judges("OR-REQ-2")
@absent
async def step_bystander_saw_nothing(context: Any) -> None:
    token = (await boundary_of(context).manager()).token or ""
    seen = [request for request in context.bystander.requests if token in f"{request.target} {request.headers} {request.body!r}"]
    expect(not seen, f"the bystander saw the token in {[request.target for request in seen]}")


@then("its log does not hold the token")
@judges("OR-REQ-2")
@absent
async def step_log_without_token(context: Any) -> None:
    boundary = boundary_of(context)
    token = (await boundary.manager()).token or ""
    count = (await boundary.orchestrator()).log.count(token)
    expect(count == 0, f"its log holds the token {count} times")
