import json
from typing import Any

import pytest

from poolpact.contract import Contract, ContractViolation
from poolpact.event_stream import COMMENT, SseEvent

STATUS = {
    "type": "object",
    "required": ["pool_id", "ready"],
    "properties": {
        "pool_id": {"type": "string"},
        "ready": {"type": "boolean"},
        "until": {"type": "string", "format": "date-time"},
    },
}
PROBLEM = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/health": {"get": {"responses": {"200": {"content": {"application/json": {}}}}}},
        "/pools/{pool_id}/status": {
            "get": {
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}},
                    "404": {"$ref": "#/components/responses/Problem"},
                    "429": {
                        "headers": {"Retry-After": {"required": True, "schema": {"type": "integer"}}},
                        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                    },
                },
            },
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
        "/events": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "text/event-stream": {
                                "schema": {"type": "string"},
                                "x-events": {"change": {"$ref": "#/components/schemas/Status"}},
                            }
                        }
                    }
                }
            }
        },
        "/pools/special/status": {"get": {"responses": {"204": {"description": "nothing"}}}},
    },
    "components": {
        "schemas": {"Status": STATUS, "Problem": PROBLEM},
        "responses": {"Problem": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
    },
}
JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}
PROBLEM_TYPE = {"content-type": "application/problem+json"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(DOCUMENT)


def check(contract: Contract, target: str, status: int, value: Any, headers: dict[str, str], method: str = "GET") -> None:
    contract.check(method, target, status, headers, json.dumps(value).encode())


def test_a_documented_answer_passes(contract: Contract) -> None:
    check(contract, "/pools/a%2Fb/status?x=1", 200, {"pool_id": "a/b", "ready": True, "more": 1}, JSON_TYPE)
    check(contract, "/pools/{pool_id}/status", 404, {"code": "unknown_pool"}, PROBLEM_TYPE)
    contract.check("DELETE", "/pools/a/status", 204, {}, b"")


def test_the_more_specific_path_is_the_one_that_counts(contract: Contract) -> None:
    assert contract.template_of("/pools/special/status") == "/pools/special/status"
    assert contract.template_of("/pools/other/status?x") == "/pools/{pool_id}/status"
    assert contract.template_of("/pools//status") is None


@pytest.mark.parametrize(
    ("status", "value", "headers", "mismatch"),
    [
        (200, {"ready": True}, JSON_TYPE, "'pool_id' is a required property"),
        (200, {"pool_id": 7, "ready": True}, JSON_TYPE, "body at $.pool_id"),
        (200, {"pool_id": "a", "ready": True, "until": "soon"}, JSON_TYPE, "body at $.until"),
        (200, {"pool_id": "a", "ready": True}, {"content-type": "text/html"}, "content type text/html"),
        (200, {"pool_id": "a", "ready": True}, {}, "content type none"),
        (418, {}, JSON_TYPE, "status 418 is not documented"),
        (429, {"code": "x"}, PROBLEM_TYPE, "header Retry-After is missing"),
        (429, {"code": "x"}, PROBLEM_TYPE | {"retry-after": "soon"}, "header Retry-After at $"),
    ],
)
def test_what_is_not_documented_is_a_violation(
    contract: Contract, status: int, value: Any, headers: dict[str, str], mismatch: str
) -> None:
    with pytest.raises(ContractViolation, match=mismatch.replace("$", r"\$")):
        check(contract, "/pools/a/status", status, value, headers)


def test_every_mismatch_is_told(contract: Contract) -> None:
    with pytest.raises(ContractViolation) as caught:
        check(contract, "/pools/a/status", 200, {"ready": "yes"}, JSON_TYPE)
    assert len(caught.value.mismatches) == 2


def test_a_body_that_is_not_json_is_a_violation(contract: Contract) -> None:
    with pytest.raises(ContractViolation, match="not JSON"):
        contract.check("GET", "/pools/a/status", 200, JSON_TYPE, b"{")


def test_a_body_where_there_is_none_is_a_violation(contract: Contract) -> None:
    with pytest.raises(ContractViolation, match="a body of 2 bytes"):
        contract.check("DELETE", "/pools/a/status", 204, {}, b"{}")


@pytest.mark.parametrize("status", [200, 204, 302, 500])
def test_what_is_not_served_must_be_refused(contract: Contract, status: int) -> None:
    with pytest.raises(ContractViolation, match="must be refused"):
        check(contract, "/nowhere", status, {"code": "x"}, PROBLEM_TYPE)


def test_a_refusal_of_what_is_not_served_is_a_problem(contract: Contract) -> None:
    check(contract, "/nowhere", 404, {"code": "not_found"}, PROBLEM_TYPE)
    with pytest.raises(ContractViolation, match="'code' is a required property"):
        check(contract, "/nowhere", 404, {}, PROBLEM_TYPE)
    with pytest.raises(ContractViolation, match="content type"):
        check(contract, "/nowhere", 404, {"code": "x"}, {"content-type": "text/html"})


def test_a_method_that_is_not_served_is_refused_with_allow(contract: Contract) -> None:
    check(contract, "/health", 405, {"code": "x"}, PROBLEM_TYPE | {"allow": "GET"}, method="POST")
    with pytest.raises(ContractViolation, match="Allow"):
        check(contract, "/health", 405, {"code": "x"}, PROBLEM_TYPE, method="POST")


STREAM_TYPE = {"content-type": "text/event-stream"}
CHANGE = b'event: change\ndata: {"pool_id": "p", "ready": true}\n\n'


def test_a_stream_of_documented_events_passes_as_far_as_it_goes(contract: Contract) -> None:
    contract.check("GET", "/events", 200, STREAM_TYPE, CHANGE + b": silence\n\n" + CHANGE[:-3])
    contract.check("GET", "/events", 200, STREAM_TYPE, b"")
    contract.check_event("GET", "/events", SseEvent("change", {"pool_id": "p", "ready": True}))
    contract.check_event("GET", "/events", SseEvent(COMMENT, None))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (CHANGE.replace(b"true", b"1"), "event change at $.ready: 1 is not of type 'boolean'"),
        (CHANGE.replace(b"change", b"news"), "an event 'news', expected change"),
        (CHANGE.replace(b"{", b""), "a stream of events that are not JSON"),
    ],
)
def test_an_event_that_is_not_documented_is_a_violation(contract: Contract, body: bytes, why: str) -> None:
    with pytest.raises(ContractViolation) as violation:
        contract.check("GET", "/events", 200, STREAM_TYPE, CHANGE + body)
    assert why in str(violation.value)


def test_one_event_that_is_not_documented_is_a_violation(contract: Contract) -> None:
    with pytest.raises(ContractViolation, match="GET /events -> event news"):
        contract.check_event("GET", "/events", SseEvent("news", {}))
