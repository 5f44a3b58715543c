"""Answers that no provider owes the client, and that it must cope with all the same: they are not in the pact."""

import asyncio
from typing import Any

import pytest
from pact import Pact

from orchestratord.errors import ProtocolViolation
from tests.pact.interaction import CONSUMER, JSON, PROVIDER, Interaction, Reply
from tests.pact.test_consumer import outcome_of
from tests.pact.written import INTERACTIONS

STATUS = "the status of a ready pool: its six members"
PRELOAD = "a preload that waits: it is ready"
LEASE = "taking a slot: its id and its end"
HEALTH = "the daemon's health: without profiles"


def with_body(description: str, body: Any, content_type: str = JSON) -> Interaction:
    interaction = next(each for each in INTERACTIONS if each.description == description)
    return interaction.answering(Reply(interaction.reply.status, body, content_type), interaction.outcome)


def what_the_client_makes_of(interaction: Interaction) -> Any:
    pact = Pact(CONSUMER, PROVIDER).with_specification("V4")
    interaction.define(pact)
    with pact.serve() as server:
        return asyncio.run(outcome_of(interaction, str(server.url)))


@pytest.mark.parametrize("description", [STATUS, PRELOAD, LEASE, HEALTH])
def test_unknown_members_are_ignored(description: str) -> None:
    interaction = next(each for each in INTERACTIONS if each.description == description)
    richer = {**interaction.reply.body, "x_future": {"a": [1, None]}, "mood": "fine"}
    interaction.outcome(what_the_client_makes_of(with_body(description, richer)))


SIX = {"pool_id": "gpu-0", "live": True, "ready": True, "active_leases": 0, "slots_total": 2, "slots_free": 2}


@pytest.mark.parametrize(
    ("description", "body", "named"),
    [
        *((STATUS, {key: value for key, value in SIX.items() if key != member}, member) for member in SIX),
        (STATUS, SIX | {"live": "true"}, "live"),
        (STATUS, SIX | {"ready": 1}, "ready"),
        (STATUS, SIX | {"slots_free": "2"}, "slots_free"),
        (STATUS, SIX | {"active_leases": -1}, "active_leases"),
        (STATUS, SIX | {"slots_free": 3}, "slots_free"),
        (STATUS, SIX | {"live": False}, "live"),
        (STATUS, SIX | {"pool_id": "gpu-1"}, "gpu-1"),
        (STATUS, [SIX], "object"),
        (HEALTH, {"status": "ok"}, "version"),
        (HEALTH, {"status": "ill", "version": "1"}, "ill"),
        (PRELOAD, {"pool_id": "gpu-1", "pid": 1}, "gpu-1"),
        (PRELOAD, {"pool_id": "gpu-0", "pid": "1"}, "pid"),
        (LEASE, {"lease_id": "", "expires_at": "2026-01-01T00:00:30Z"}, "lease_id"),
        (LEASE, {"lease_id": "l", "expires_at": "2026-01-01T00:00:30"}, "expires_at"),
        (LEASE, {"lease_id": "l"}, "expires_at"),
    ],
)
def test_a_malformed_answer_is_a_violation_that_names_what_is_wrong(description: str, body: Any, named: str) -> None:
    outcome = what_the_client_makes_of(with_body(description, body))
    assert type(outcome) is ProtocolViolation, outcome
    assert named in str(outcome)


def test_what_is_no_json_is_a_violation() -> None:
    outcome = what_the_client_makes_of(with_body(STATUS, "ready", "text/plain"))
    assert type(outcome) is ProtocolViolation
    assert "JSON" in str(outcome)
