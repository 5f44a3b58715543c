"""The examples in contracts/openapi.yaml keep the contract, and a wrong one would be seen."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.examples import mistakes_in
from tests.contracts.normal_form import load_contract

Change = Callable[[dict[str, Any]], object]


def test_everything_has_examples_and_every_example_is_right() -> None:
    assert mistakes_in(load_contract()) == []


def components(document: dict[str, Any]) -> Any:
    return document["components"]


def example(document: dict[str, Any], name: str) -> Any:
    return document["components"]["examples"][name]["value"]


def operation(document: dict[str, Any], path: str, method: str) -> Any:
    return document["paths"][path][method]


PRELOAD = "/pools/{pool_id}/preload"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: example(d, "pool_ready").pop("slots_free"), "get_pool_status: 200: body at $: 'slots_free' is a required"),
        (lambda d: example(d, "lease").update(expires_at="soon"), "acquire_lease: 201: body at $.expires_at: 'soon' is not a"),
        (
            lambda d: example(d, "llama_server")["prepared"].update(port="18080"),
            "preload_pool: body as application/json: at $.",
        ),
        (lambda d: example(d, "no_free_slot").update(code="no_slot"), "acquire_lease: 429: body at $.code: 'no_slot' is not one"),
        (lambda d: example(d, "no_free_slot").update(status=409), "acquire_lease: 429: a problem that says it is 409"),
        (lambda d: example(d, "no_free_slot").update(instance="/pools/gpu-1/leases"), "429: a problem of /pools/gpu-1/leases"),
        (
            lambda d: operation(d, PRELOAD, "post")["responses"]["403"]["content"]["application/problem+json"]["examples"].pop(
                "host_not_allowed"
            ),
            "preload_pool: 403: no example of host_not_allowed",
        ),
        (
            lambda d: operation(d, PRELOAD, "post")["responses"]["202"]["content"]["application/json"].pop("examples"),
            "preload_pool: 202: no example of application/json",
        ),
        (
            lambda d: operation(d, PRELOAD, "post")["requestBody"]["content"]["application/json"].pop("examples"),
            "preload_pool: body as application/json: no example",
        ),
        (
            lambda d: components(d)["parameters"]["PoolId"].update(example=".gpu"),
            "parameter pool_id: at $: '.gpu' does",
        ),
        (lambda d: components(d)["parameters"]["PoolId"].pop("example"), "delete_pool: parameter pool_id: no example"),
        (
            lambda d: operation(d, "/pools", "get")["parameters"][0].update(example=0),
            "list_pools: parameter limit: at $: 0 is",
        ),
        (lambda d: components(d)["headers"]["CorrelationId"].pop("example"), "health: 200: header X-Correlation-Id: no example"),
    ],
)
def test_a_wrong_example_is_seen(change: Change, told: str) -> None:
    document = load_contract()
    change(document)
    assert any(told in mistake for mistake in mistakes_in(document)), mistakes_in(document)


def test_the_story_is_one_of_the_example_pool() -> None:
    examples = [each["value"] for each in load_contract()["components"]["examples"].values()]
    values = [value for value in examples if isinstance(value, dict)]
    named = {value["pool_id"] for value in values if "pool_id" in value}
    named |= {pool_id for value in examples if isinstance(value, str) for pool_id in re.findall('"pool_id":"([^"]*)"', value)}
    prepared = [value["prepared"] for value in values if "prepared" in value]
    assert named == {"gpu-0"} == {engine["pool_id"] for engine in prepared}
    ready = [value for value in values if value.get("state") == "ready"]
    assert [value["url"] for value in ready] == [f"http://{engine['host']}:{engine['port']}" for engine in prepared]
