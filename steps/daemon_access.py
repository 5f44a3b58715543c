"""Sentences about who is let in, and about requests for what cannot be."""

from typing import Any

from behave import then, when

from poolpact.daemon.access import Access
from poolpact.evidence import judges, right, wrong


def access(context: Any) -> Access:
    made: Access = context.world.of(Access)
    return made


@when("anybody asks for the daemon's health")
@when("somebody without the token asks for the daemon's health")
async def step_ask_health(context: Any) -> None:
    await access(context).ask_health()


@then("the daemon is ok and tells its version")
@judges("PM-HEALTH-1")
@right
def step_daemon_ok(context: Any) -> None:
    access(context).daemon_is_ok()


@then("the daemon is ok and tells its version, within 1 second")
@judges("PM-HEALTH-1")
@right
async def step_daemon_ok_soon(context: Any) -> None:
    await access(context).daemon_is_ok_within(1.0)


@then("somebody without the token cannot read the status of pool {name:Name}")
@wrong
async def step_cannot_read(context: Any, name: str) -> None:
    await access(context).call_without_token(f'reading the status of "{name}"')
    access(context).no_token()


@when("{call} is tried without the token")
async def step_without_token(context: Any, call: str) -> None:
    await access(context).call_without_token(call)


@when("the status of pool {name:Name} is read with {credentials}")
async def step_with_credentials(context: Any, name: str, credentials: str) -> None:
    await access(context).status_with(name, credentials)


@then("it is refused for want of a token")
@judges("PM-AUTH-1")
@wrong
def step_refused_for_token(context: Any) -> None:
    access(context).no_token()


@then("it is refused for want of a token, or there is no such call")
@judges("PM-AUTH-1")
@wrong
def step_refused_for_token_or_absent(context: Any) -> None:
    access(context).no_token_or_no_call()


@then("nothing has happened to pool {name:Name}")
@judges("PM-AUTH-1")
@right
async def step_nothing_happened_to(context: Any, name: str) -> None:
    await access(context).untouched(name)


@then("it is refused, whatever the pool")
@judges("PM-AUTH-4")
@wrong
def step_host_refused(context: Any) -> None:
    access(context).host_refused()


@when("{method:Word} is tried on {route}")
async def step_method(context: Any, method: str, route: str) -> None:
    await access(context).method_on(method, route)


@then("the method is refused, and those that are allowed are named")
@judges("PM-STATUS-7")
@wrong
def step_method_refused(context: Any) -> None:
    access(context).method_refused()


@when("a pool with the id {id_} is preloaded")
async def step_preload_id(context: Any, id_: str) -> None:
    await access(context).preload_id(id_)


@when("the status of a pool with the id {id_} is read")
async def step_status_of_id(context: Any, id_: str) -> None:
    await access(context).status_of_id(id_)


@then("that pool becomes ready")
@judges("PM-PRELOAD-9")
@right
async def step_id_ready(context: Any) -> None:
    await access(context).id_becomes_ready()


@then("it is refused, nothing is started and nothing is written outside the run directory")
@judges("PM-PRELOAD-9")
@wrong
def step_nothing_happened(context: Any) -> None:
    access(context).nothing_happened()
