"""Interactions that come, go or change."""

from typing import Any

import pytest

from poolpact.diff.changes import NEITHER, PROVIDERS
from poolpact.diff.errors import CannotCompare
from poolpact.diff.pacts import pact_changes, read_pact

FILE = "pacts/a-b.json"


def interaction(description: str = "a status", **more: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "Synchronous/HTTP",
        "request": {"method": "GET", "path": "/pools/gpu-0/status"},
        "response": {"status": 200},
        **more,
    }


def changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    pacts = [{FILE: read_pact({"interactions": entries}, FILE)} for entries in (old, new)]
    found = list(pact_changes(*pacts))
    assert all(change.breaks == (NEITHER if change.what == "interaction removed" else PROVIDERS) for change in found)
    return [(change.what, change.place.part, change.undecided) for change in found]


def test_a_provider_must_satisfy_what_is_new() -> None:
    assert changes([], [interaction()]) == [("new interaction", "interaction 'a status'", False)]


def test_nobody_misses_what_is_no_longer_expected() -> None:
    assert changes([interaction()], []) == [("interaction removed", "interaction 'a status'", False)]


def test_what_is_expected_otherwise_may_be_more() -> None:
    assert changes([interaction()], [interaction(response={"status": 204})]) == [("response", "interaction 'a status'", True)]
    assert changes([interaction()], [interaction(request={"method": "HEAD"})]) == [("request", "interaction 'a status'", True)]


def test_an_interaction_is_known_by_its_states_too() -> None:
    ready, loading = (interaction(providerStates=[{"name": name, "params": {"pool": "gpu-0"}}]) for name in ("ready", "loading"))
    assert changes([ready], [ready, loading]) == [
        ("new interaction", 'interaction \'a status, given loading {"pool": "gpu-0"}\'', False)
    ]


def test_order_and_asides_mean_nothing() -> None:
    one, other = interaction(), interaction("a lease")
    assert changes([one, other], [other, {**one, "comments": {"text": ["x"]}, "key": "1", "pending": True}]) == []


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"interactions": {}}, {"interactions": [{}]}, {"interactions": [interaction(providerStates=["ready"])]}],
)
def test_what_is_no_pact_is_named(document: Any) -> None:
    with pytest.raises(CannotCompare, match=f"^{FILE}: not a pact"):
        read_pact(document, FILE)
