import asyncio
from typing import Any, cast

import pytest

from poolpact.daemon.states import STATES, UnknownState, arrange
from poolpact.world import World

NOWHERE = cast(World, None)


@pytest.mark.parametrize(
    ("state", "parameters", "expected"),
    [
        ("it rains", {}, "there is no state 'it rains'; there are 'a pool is ready'"),
        ("a pool is ready", {}, "does not take the parameters"),
        ("a pool is ready", {"pool": "p", "mood": "fine"}, "'mood'"),
        ("a pool is ready", {"pool": "p", "world": "w"}, "'world'"),
        ("a pool is ready", {"pool": ["p"]}, "with pool"),
        ("a pool is ready", {"pool": "a\\1"}, "with pool"),
        ("a pool is ready", {"pool": "\ud800"}, "with pool"),
        ("a pool is ready", {"pool": ".."}, "with pool"),
        ("a pool is ready", {"pool": "p", "slots": "many"}, "with slots 'many'"),
        ("a pool is ready", {"pool": "p", "slots": 1.5}, "with slots 1.5"),
        ("a pool is ready", {"pool": "p", "slots": -3}, "with slots -3"),
        ("slots are leased", {"pool": "p", "slots": 10**6}, "with slots 1000000"),
    ],
)
def test_a_state_that_cannot_be_is_refused_before_anything_happens(state: str, parameters: dict[str, Any], expected: str) -> None:
    with pytest.raises(UnknownState) as raised:
        asyncio.run(arrange(NOWHERE, state, **parameters))
    assert expected in str(raised.value)


def test_every_state_says_of_each_parameter_what_it_is() -> None:
    for state, arranging in STATES.items():
        names = set(arranging.__code__.co_varnames[1 : arranging.__code__.co_argcount])
        assert names <= {"pool", "slots", "lease"}, state
