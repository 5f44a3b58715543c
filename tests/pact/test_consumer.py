"""The consumer's side of the pact: the reference client makes each call, and understands each answer."""

import asyncio
from typing import Any

import pytest
from pact import Pact
from pact.pact import PactServer

from orchestratord.client import PoolManagerClient
from orchestratord.errors import PoolManagerError
from poolpact.contract.files import PACT
from poolpact.contract.pact import read_pact
from tests.pact.interaction import CONSUMER, PROVIDER, TOKEN, Interaction
from tests.pact.written import INTERACTIONS, pact_text

WRITTEN = read_pact(PACT)


async def outcome_of(interaction: Interaction, url: str) -> Any:
    async with PoolManagerClient(url, token=TOKEN, deadline=10) as client:
        try:
            return await interaction.call(client)
        except PoolManagerError as error:
            return error


def mismatches_of(server: PactServer) -> list[str]:
    """What the pact has against the requests that were made, each with its place."""
    parts = [part for each in server.mismatches for part in (each, *getattr(each, "mismatches", ()))]
    return [f"{getattr(part, 'path', '')} {part}".strip() for part in parts]


@pytest.mark.parametrize("interaction", INTERACTIONS, ids=lambda interaction: interaction.description)
def test_the_client_asks_as_the_pact_says_and_understands_the_answer(interaction: Interaction) -> None:
    pact = Pact(CONSUMER, PROVIDER).with_specification("V4")
    interaction.define(pact)
    with pact.serve(raises=False) as server:
        outcome = asyncio.run(outcome_of(interaction, str(server.url)))
        against = mismatches_of(server)
    assert not against, f"{WRITTEN.named(interaction.description).place}: {'; '.join(against)}"
    interaction.outcome(outcome)


def test_descriptions_are_unique() -> None:
    descriptions = [interaction.description for interaction in INTERACTIONS]
    assert sorted(set(descriptions)) == sorted(descriptions)


def test_writing_the_pact_again_changes_no_byte() -> None:
    assert pact_text() == PACT.read_text(encoding="utf-8"), f"{PACT.name} is not what the client's tests say: make pact"
