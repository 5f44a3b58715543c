from typing import Any

import pytest

from poolpact.pact.rewriting import rewritten

IDS = {"gpu-0": "gpu-0-ab-1"}


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("/pools/gpu-0/status", "/pools/gpu-0-ab-1/status"),
        ("/pools/gpu-0", "/pools/gpu-0-ab-1"),
        ("/pools/gpu-0?x=1", "/pools/gpu-0-ab-1?x=1"),
        ("/pools/gpu-0/leases/${lease_id}", "/pools/gpu-0-ab-1/leases/${lease_id}"),
        ("gpu-0", "gpu-0-ab-1"),
        ("/pools/gpu-00/status", "/pools/gpu-00/status"),
        ("no pool 'gpu-0'", "no pool 'gpu-0'"),
        ({"pools": [{"pool_id": "gpu-0", "live": True}]}, {"pools": [{"pool_id": "gpu-0-ab-1", "live": True}]}),
    ],
)
def test_a_pool_is_called_by_its_id(written: Any, sent: Any) -> None:
    raw = {"description": "gpu-0", "request": {"path": written}, "response": {"body": {"content": written}}}
    changed = rewritten(raw, IDS, "key")
    assert changed["request"]["path"] == sent
    assert changed["response"]["body"]["content"] == sent
    assert changed["description"] == "gpu-0"


def test_it_asks_for_its_own_arrangement_only() -> None:
    raw = {"request": {}, "response": {}, "providerState": "old", "providerStates": [{"name": "a pool is ready"}]}
    changed = rewritten(raw, {}, "key")
    assert changed["providerStates"] == [{"name": "replay", "params": {"replay": "key"}}]
    assert "providerState" not in changed
