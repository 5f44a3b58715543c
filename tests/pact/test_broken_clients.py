"""A client that asks in another way than the pact says is refused, and told what is wrong."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pact import Pact

from orchestratord.client.transport import HttpTransport
from orchestratord.client.wire import Answer, Request
from orchestratord.errors import Rejected
from tests.pact.interaction import CONSUMER, PROVIDER, Interaction
from tests.pact.test_consumer import mismatches_of, outcome_of
from tests.pact.written import INTERACTIONS


@dataclass(frozen=True)
class Broken:
    """What the client does wrong with the request of an interaction; ``expected`` is in what the pact has against it."""

    description: str
    defect: str
    change: Callable[[Request], Request]
    expected: str


def method(name: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, method=name)


def target(old: str, new: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, target=request.target.replace(old, new))


def header(name: str, value: str | None) -> Callable[[Request], Request]:
    def change(request: Request) -> Request:
        kept = {key: text for key, text in request.headers.items() if key.lower() != name.lower()}
        return replace(request, headers=kept if value is None else {**kept, name: value})

    return change


def prepared(**members: Any) -> Callable[[Request], Request]:
    def change(request: Request) -> Request:
        document = json.loads(request.body or b"")
        changed = {**document["prepared"], **members}
        document["prepared"] = {name: value for name, value in changed.items() if value is not ...}
        return replace(request, body=json.dumps(document).encode())

    return change


def body(content: bytes | None) -> Callable[[Request], Request]:
    return lambda request: replace(request, body=content)


STATUS = "the status of a ready pool: in full"
PRELOAD = "a preload that does not wait: it is loading"
WAITING = "a preload that waits: it is ready"

BROKEN = [
    Broken("the daemon's health: with its profiles", "asks elsewhere", target("/health", "/healthz"), "/healthz"),
    Broken("the daemon's health: with its profiles", "posts", method("POST"), "POST"),
    Broken(STATUS, "posts", method("POST"), "POST"),
    Broken(STATUS, "asks for the pool", target("/status", ""), "/pools/gpu-0"),
    Broken(STATUS, "asks for another pool", target("gpu-0", "gpu-1"), "/pools/gpu-1/status"),
    Broken(STATUS, "adds a slash", target("/status", "/status/"), "/status/"),
    Broken(STATUS, "adds a question", target("/status", "/status?fresh=1"), "fresh"),
    Broken(STATUS, "takes anything", header("Accept", "text/html"), "accept"),
    Broken(STATUS, "has no token", header("Authorization", None), "authorization"),
    Broken(STATUS, "has another scheme", header("Authorization", "Token the-token"), "authorization"),
    Broken("the pools: a page", "asks in the singular", target("/pools", "/pool"), "/pool"),
    Broken("the pools after another: a page", "forgets after which", target("?after=gpu-", ""), "after"),
    Broken(PRELOAD, "puts", method("PUT"), "PUT"),
    Broken(PRELOAD, "leaves the flags out", prepared(flags=...), "flags"),
    Broken(PRELOAD, "tells the port as a text", prepared(port="8081"), "port"),
    Broken(PRELOAD, "joins the flags", prepared(flags="--port 8081"), "flags"),
    Broken(PRELOAD, "prepares another pool", prepared(pool_id="gpu-1"), "pool_id"),
    Broken(PRELOAD, "sends no body", body(None), "body"),
    Broken(PRELOAD, "sends a form", header("Content-Type", "application/x-www-form-urlencoded"), "content type"),
    Broken(WAITING, "does not say that it waits", header("Prefer", None), "prefer"),
    Broken(WAITING, "waits in words", header("Prefer", "wait=long"), "prefer"),
    Broken("taking a slot: in full", "puts", method("PUT"), "PUT"),
    Broken("taking a slot: in full", "takes in the singular", target("/leases", "/lease"), "/lease"),
    Broken("taking a slot with a key: in full", "forgets the key", header("Idempotency-Key", None), "idempotency-key"),
    Broken("renewing a lease: in full", "posts", method("POST"), "POST"),
    Broken("renewing a lease: in full", "renews another", target("lease-1", "lease-2"), "lease-2"),
    Broken("giving a slot back: nothing to say", "posts", method("POST"), "POST"),
    Broken("deleting a pool: nothing to say", "stops it instead", target("/gpu-0", "/gpu-0/stop"), "/stop"),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.description} - {broken.defect}")
def test_a_broken_client_is_refused_with_the_mismatch_named(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = HttpTransport.exchange

    async def spoilt(self: HttpTransport, request: Request, seconds: float) -> Answer:
        return await exchange(self, broken.change(request), seconds)

    monkeypatch.setattr(HttpTransport, "exchange", spoilt)
    pact = Pact(CONSUMER, PROVIDER).with_specification("V4")
    interaction = next(each for each in INTERACTIONS if each.description == broken.description)
    interaction.define(pact)
    with pact.serve(raises=False) as server:
        outcome = asyncio.run(outcome_of(interaction, str(server.url)))
        mismatches = " ".join(mismatches_of(server))
    assert broken.expected.lower() in mismatches.lower()
    assert not _is_fine(interaction, outcome)


def _is_fine(interaction: Interaction, outcome: Any) -> bool:
    try:
        interaction.outcome(outcome)
    except AssertionError:
        return False
    return not isinstance(outcome, Rejected)
