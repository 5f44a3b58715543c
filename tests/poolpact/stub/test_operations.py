from collections.abc import Iterator

import pytest

from poolpact.contract import Contract
from poolpact.contract.document import load_document
from poolpact.stub.operations import Operations

DOCUMENT = load_document()
CONTRACT = Contract(DOCUMENT)
OPERATIONS = Operations(DOCUMENT)


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("status", "get_pool_status"),
        ("preload", "preload_pool"),
        ("health", "health"),
        ("list", "list_pools"),
        ("acquire", "acquire_lease"),
        ("lease", "acquire_lease"),
        ("renew", "renew_lease"),
        ("release", "release_lease"),
        ("delete", "delete_pool"),
        ("acquire_lease", "acquire_lease"),
    ],
)
def test_a_call_has_a_short_name_and_its_operation_id(name: str, operation: str) -> None:
    assert OPERATIONS.named(name) == {operation}


def test_any_is_every_operation_of_the_contract() -> None:
    ids = {each["operationId"] for methods in DOCUMENT["paths"].values() for each in methods.values()}
    assert OPERATIONS.named("any") == ids


@pytest.mark.parametrize(
    ("name", "why"), [("wobble", "there are .*get_pool_status"), ("", "there is no call"), ("pool", "say which")]
)
def test_a_name_that_names_no_call_is_refused(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        OPERATIONS.named(name)


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("GET", "/pools/gpu-0/status?x=1", "get_pool_status"),
        ("GET", "/pools?limit=1", "list_pools"),
        ("DELETE", "/pools/a%2Fb", "delete_pool"),
        ("PUT", "/pools/a/leases/b", "renew_lease"),
        ("DELETE", "/pools/a/leases/b", "release_lease"),
        ("PATCH", "/pools/a/leases/b", None),
        ("GET", "/nowhere", None),
    ],
)
def test_a_request_asks_for_an_operation(method: str, target: str, operation: str | None) -> None:
    assert OPERATIONS.of(method, target) == operation


def documented_refusals() -> Iterator[tuple[str, str, str, int]]:
    for template, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            for status in operation["responses"]:
                if int(status) >= 400:
                    yield method.upper(), template, operation["operationId"], int(status)


@pytest.mark.parametrize(("method", "template", "operation", "status"), list(documented_refusals()))
def test_a_documented_refusal_is_as_documented(method: str, template: str, operation: str, status: int) -> None:
    reply = OPERATIONS.refusal(operation, status)
    CONTRACT.check(method, template, reply.status, reply.headers, reply.body)


@pytest.mark.parametrize("status", [418, 499, 599])
def test_another_refusal_is_a_problem_all_the_same(status: int) -> None:
    reply = OPERATIONS.refusal("health", status)
    CONTRACT.check("GET", "/nowhere", 404, reply.headers, reply.body)
    assert (reply.status, b'"as_told"' in reply.body) == (status, True)
