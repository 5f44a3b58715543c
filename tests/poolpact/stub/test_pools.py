import pytest

from poolpact.stub.pools import DEFAULT_ERROR, pool_of_members, pool_of_text
from poolpact.stub.telling import CannotBeTold


@pytest.mark.parametrize(
    ("text", "state", "slots", "held", "ready_after"),
    [
        ("gpu-0=ready", "ready", 1, 0, None),
        ("gpu-0=ready,slots=4", "ready", 4, 0, None),
        ("gpu-0=ready,slots=4,free=0", "ready", 4, 4, None),
        ("gpu-0=ready,free=1,slots=4", "ready", 4, 3, None),
        ("gpu-0=loading", "loading", 1, 0, None),
        ("gpu-0=loading,ready-after=500ms,slots=2,free=1", "loading", 2, 1, 0.5),
        ("gpu-0=loading,ready-after=2", "loading", 1, 0, 2.0),
        ("gpu-0=stopped,slots=2", "stopped", 2, 0, None),
    ],
)
def test_a_pool_is_read(text: str, state: str, slots: int, held: int, ready_after: float | None) -> None:
    pool = pool_of_text(text)
    assert (pool.pool_id, pool.state, pool.slots, pool.held, pool.ready_after) == ("gpu-0", state, slots, held, ready_after)


@pytest.mark.parametrize(
    ("text", "cause"), [("p=failed", DEFAULT_ERROR), ("p=failed,error=a b", "a b"), ('p=failed,error="a, b"', "a, b")]
)
def test_a_failed_pool_has_a_cause(text: str, cause: str) -> None:
    assert pool_of_text(text).cause == cause


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ID=STATE"),
        ("gpu-0", "ID=STATE"),
        ("gpu-0=", "ID=STATE"),
        ("=ready", "pool_id"),
        (".gpu=ready", "pool_id"),
        ("a/b=ready", "pool_id"),
        (f"{'x' * 129}=ready", "pool_id"),
        ("p=bogus", "state: input should be 'ready', 'loading', 'failed' or 'stopped'"),
        ("p=Ready", "state"),
        ("p=ready,slots=0", "slots"),
        ("p=ready,slots=many", "slots"),
        ("p=ready,slots", "slots"),
        ("p=ready,slots=65537", "slots"),
        ("p=ready,slots=2,free=3", "free=3 is more than slots=2"),
        ("p=ready,free=-1", "free"),
        ("p=failed,free=1", "free is for"),
        ("p=loading,free=1", "free is for"),
        ("p=ready,ready-after=1s", "ready-after is for"),
        ("p=loading,ready-after=1y", "ready-after: '1y' is not a duration"),
        ("p=loading,ready-after=31000000s", "30 days"),
        ("p=ready,error=x", "error is for"),
        ("p=failed,error=", "error"),
        ('p=failed,error="x', "quotation mark"),
        ("p=ready,slots=1,slots=2", "slots: is told twice"),
        ("p=ready,state=failed", "state: is told twice"),
        ("p=ready,pool_id=q", "pool_id: there is no such member"),
        ("p=ready,ready_after=1", "ready_after: there is no such member"),
        ("p=ready,colour=red", "colour: there is no such member"),
    ],
)
def test_what_is_no_pool_says_why(text: str, why: str) -> None:
    with pytest.raises(CannotBeTold, match=why):
        pool_of_text(text)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({}, "state: field required"),
        ({"state": "ready", "slots": "4"}, "slots"),
        ({"state": "ready", "slots": True}, "slots"),
        ({"state": "ready", "free": 0.5}, "free"),
        ({"state": "failed", "error": 7}, "error"),
        ({"state": "loading", "ready-after": float("nan")}, "ready-after"),
        ({"state": "loading", "ready-after": -1}, "ready-after"),
        ({"state": "ready", "pool_id": "q"}, "pool_id: there is no such member"),
    ],
)
def test_members_of_a_file_have_types(members: dict[str, object], why: str) -> None:
    with pytest.raises(CannotBeTold, match=why):
        pool_of_members("p", members)


@pytest.mark.parametrize(
    "text",
    [
        "p=ready,slots=4,free=2",
        "p=loading,slots=1",
        "p=loading,slots=2,ready-after=0.5s",
        "p=stopped,slots=1",
        'p=failed,slots=1,error="out, of memory"',
    ],
)
def test_a_pool_is_written_as_it_is_told(text: str) -> None:
    assert str(pool_of_text(text)) == text
    assert pool_of_text(str(pool_of_text(text))) == pool_of_text(text)


def test_a_file_may_say_a_duration_as_a_number_or_as_text() -> None:
    told = [pool_of_members("p", {"state": "loading", "ready-after": value}) for value in (2, 2.0, "2s", "2000ms")]
    assert [pool.ready_after for pool in told] == [2.0] * 4
