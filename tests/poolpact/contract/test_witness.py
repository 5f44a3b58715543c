import json
from typing import Any

import pytest

from poolpact.contract import Contract, ContractViolation, Witness
from poolpact.contract.coverage import Documented

JSON = {"content-type": "application/json"}
PROBLEM = {"content-type": "application/problem+json"}
UNKNOWN = {"type": "about:blank", "title": "Not Found", "status": 404, "code": "unknown_pool", "detail": "no pool 'a'"}


@pytest.fixture
def witness() -> Witness:
    return Witness(Contract.load())


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_an_answer_that_keeps_the_contract_is_counted(witness: Witness) -> None:
    witness.see("GET", "/ready?x", 200, JSON, body({"ready": True}))
    witness.see("GET", "/pools/a/status", 404, PROBLEM, body(UNKNOWN))
    witness.overhear("DELETE", "/pools/a/leases/1", 204, {}, b"")
    assert witness.coverage.seen == {
        Documented("ready", 200, ""),
        Documented("get_pool_status", 404, "unknown_pool"),
        Documented("release_lease", 204, ""),
    }
    witness.speak_up()


def test_an_answer_that_breaks_it_is_told_at_once_and_not_counted(witness: Witness) -> None:
    with pytest.raises(ContractViolation, match="'ready' is a required property"):
        witness.see("GET", "/ready", 200, JSON, body({}))
    with pytest.raises(ContractViolation, match="'no_pool' is not one of"):
        witness.see("GET", "/pools/a/status", 404, PROBLEM, body(UNKNOWN | {"code": "no_pool"}))
    assert witness.coverage.seen == set()


def test_what_was_overheard_is_told_when_it_is_asked_for_and_once(witness: Witness) -> None:
    witness.overhear("GET", "/ready", 200, JSON, body({}))
    witness.overhear("GET", "/ready", 500, JSON, body({}))
    with pytest.raises(ContractViolation, match=r"GET /ready -> 200 .* 'ready' is a required property"):
        witness.speak_up()
    witness.speak_up()


def test_a_refusal_of_what_is_not_served_is_checked_and_not_counted(witness: Witness) -> None:
    witness.see("GET", "/nowhere", 404, PROBLEM, body(UNKNOWN | {"code": "not_found"}))
    witness.see("PATCH", "/ready", 405, PROBLEM | {"allow": "GET"}, body(UNKNOWN | {"status": 405, "code": "method_not_allowed"}))
    with pytest.raises(ContractViolation, match="must be refused"):
        witness.see("GET", "/nowhere", 200, JSON, body({}))
    assert witness.coverage.seen == set()
