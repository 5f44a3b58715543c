"""Prefer: wait=N, and whatever else a caller may write there."""

import pytest

from pool_managerd.api.preferences import LONGEST_WAIT, wait_of


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (["wait=5"], 5),
        (["wait=0"], 0),
        (["wait=007"], 7),
        (["WAIT = 5"], 5),
        (['wait="5"'], 5),
        (["wait=5; strict"], 5),
        (["respond-async, wait=5"], 5),
        (["respond-async", "wait=5"], 5),
        (["wait=5, wait=9"], 5),
        (['note="a, wait=1", wait=5'], 5),
        (['note="a \\", wait=1", wait=5'], 5),
        ([f"wait={LONGEST_WAIT}"], LONGEST_WAIT),
        ([f"wait={LONGEST_WAIT + 1}"], LONGEST_WAIT),
        (["wait=" + "9" * 10_000], LONGEST_WAIT),
    ],
)
def test_a_wait_is_understood(prefer: list[str], seconds: int) -> None:
    assert wait_of(prefer) == seconds


@pytest.mark.parametrize(
    "prefer",
    [[], [""], ["wait"], ["wait="], ["wait=abc"], ["wait=-1"], ["wait=1.5"], ["wait=1e3"], ["wait=٣"], ["waiting=5"], ["\xff"]],
)
def test_what_is_not_understood_is_ignored(prefer: list[str]) -> None:
    assert wait_of(prefer) is None


@pytest.mark.parametrize(
    "prefer",
    ["wait=" + "0" * 60_000 + "x", "wait" + " " * 60_000 + "x", "wait=5" + " " * 60_000 + "x", '"a' * 30_000, "\\" * 60_000],
    ids=["digits", "blanks before", "blanks after", "quotes", "backslashes"],
)
def test_a_long_header_takes_no_longer_than_its_length(prefer: str) -> None:
    """A quadratic pattern would need minutes here."""
    assert wait_of([prefer]) is None
