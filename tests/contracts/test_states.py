"""contracts/states.md against the state machine, against openapi.yaml, and against what the application does."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pool_managerd.domain.pool_state import TRANSITIONS, PoolEvent, PoolState
from tests.contracts.normal_form import codes, load_contract, operations
from tests.contracts.states_table import OPERATIONS, calls, events, states, told_below_the_calls
from tests.pool_managerd.api.in_process import LONG, Api, Reply, with_api

CALLS = calls()
OF_EVERY_CALL = {"unauthorised", "misdirected_host", "internal_error", "malformed_http", "invalid_pool_id"}
OF_A_REQUEST = {"malformed_json", "unsupported_media_type", "body_too_large", "invalid_request", "pool_id_mismatch"}
OF_ADMISSION = {"engine_not_allowed", "host_not_allowed", "binary_not_found", "binary_not_executable", "shutting_down"}


def documented() -> dict[str, dict[str, set[str]]]:
    return {operation["operationId"]: codes(operation) for operation in operations(load_contract()).values()}


# --- the state machine ---


def test_the_states_are_those_of_the_machine() -> None:
    assert states() == [state.value for state in PoolState]
    assert {state for state, _ in CALLS} == set(states())


def test_the_machine_has_every_transition_of_the_tables_and_no_other() -> None:
    by_call = {
        (state, call): cell.next_state for (state, call), cell in CALLS.items() if cell.status < 300 and call in set(PoolEvent)
    }
    assert {(state.value, event.value): next_.value for (state, event), next_ in TRANSITIONS.items()} == by_call | events()


def test_no_other_call_moves_a_pool() -> None:
    assert [key for key, cell in CALLS.items() if cell.next_state != key[0] and key[1] not in set(PoolEvent)] == []


# --- openapi.yaml ---


@pytest.mark.parametrize(("state", "call"), sorted(CALLS), ids="-".join)
def test_every_answer_of_the_table_is_documented(state: str, call: str) -> None:
    cell = CALLS[state, call]
    answers = documented()[OPERATIONS[call]]
    assert str(cell.status) in answers
    if cell.code is not None:
        assert cell.code in answers[str(cell.status)]


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS.values())))
def test_every_refusal_that_is_documented_has_its_place_in_the_table(operation: str) -> None:
    in_table = {(cell.status, cell.code) for (_, call), cell in CALLS.items() if OPERATIONS[call] == operation and cell.code}
    elsewhere = OF_EVERY_CALL | (OF_A_REQUEST | OF_ADMISSION if operation == "preload_pool" else set())
    elsewhere |= {"invalid_request"} if operation == "acquire_lease" else set()
    elsewhere |= OF_A_REQUEST - {"pool_id_mismatch"} if operation == "drain_pool" else set()
    written = {
        (int(status), code) for status, found in documented()[operation].items() for code in found if code not in elsewhere
    }
    assert written == in_table | told_below_the_calls().get(operation, set())


# --- the application ---


async def _absent(api: Api) -> None:
    pass


async def _loading(api: Api) -> None:
    await api.loading()


async def _ready(api: Api) -> None:
    await api.ready()


async def _failed(api: Api) -> None:
    (await api.ready()).exit(1)
    await api.until("failed")


async def _stopped(api: Api) -> None:
    (await api.ready()).exit(0)
    await api.until("stopped")


async def _draining(api: Api) -> None:
    await api.ready()
    api.lease_id = (await api.call("POST", "/pools/p/leases")).json["lease_id"]
    assert (await api.call("POST", "/pools/p/drain")).status == 202
    await api.until("draining")


async def _stopping(api: Api) -> None:
    engine = await api.ready()
    engine.may_end.clear()
    api.going_on.append(asyncio.create_task(api.call("DELETE", "/pools/p")))
    await api.until("stopping")


BRING_ABOUT: dict[str, Callable[[Api], Awaitable[None]]] = {
    "absent": _absent,
    "loading": _loading,
    "ready": _ready,
    "draining": _draining,
    "stopping": _stopping,
    "failed": _failed,
    "stopped": _stopped,
}

MAKE: dict[str, Callable[[Api], Awaitable[Reply]]] = {
    "GET status": lambda api: api.call("GET", "/pools/p/status"),
    "preload same": lambda api: api.preload(),
    "preload other": lambda api: api.preload(flags=["--other"]),
    "DELETE": lambda api: api.call("DELETE", "/pools/p"),
    "drain": lambda api: api.call("POST", "/pools/p/drain"),
    "lease acquire": lambda api: api.call("POST", "/pools/p/leases"),
    "lease renew": lambda api: api.call("PUT", f"/pools/p/leases/{api.lease_id}"),
    "lease release": lambda api: api.call("DELETE", f"/pools/p/leases/{api.lease_id}"),
}


@pytest.mark.parametrize("case", sorted(CALLS), ids="-".join)
@with_api()
async def test_the_application_does_what_the_table_says(api: Api, case: tuple[str, str]) -> None:
    state, call = case
    await BRING_ABOUT[state](api)
    assert await api.state() == state
    if (state, call) == ("ready", "lease renew"):
        api.lease_id = (await api.call("POST", "/pools/p/leases")).json["lease_id"]

    making = asyncio.ensure_future(MAKE[call](api))
    if call == "DELETE" and state in ("loading", "ready", "draining", "stopping"):
        for engine in api.spawner.engines:
            engine.may_end.clear()
        await api.until("stopping")
        for engine in api.spawner.engines:
            engine.may_end.set()
        after = "stopping"
    else:
        after = ""
    answer = await asyncio.wait_for(making, LONG)

    cell = CALLS[case]
    assert answer.status == cell.status
    if cell.code is not None:
        assert answer.json["code"] == cell.code
    assert (after or await api.state()) == cell.next_state
