"""The pool: whatever happens to it, its status never contradicts itself (PM-STATUS-3)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pool_managerd.domain.pool import Pool
from pool_managerd.domain.pool_state import TRANSITIONS, PoolEvent, PoolState
from pool_managerd.domain.prepared import PreparedEngine

PREPARED = PreparedEngine(
    binary_path="/engines/server",
    flags=("--port", "9"),
    host="127.0.0.1",
    port=9,
    model_path="/models/m.gguf",
    engine_version="1",
    pool_id="p",
    replica_id="r0",
    device_mask=None,
)

LEASE_IDS = itertools.count()
ENDINGS = [PoolEvent.ENGINE_EXITED_OK, PoolEvent.ENGINE_EXITED_BADLY, PoolEvent.SPAWN_FAILED, PoolEvent.STARTUP_TIMEOUT]


def attempt(pool: Pool, step: str) -> None:
    """Apply ``step`` where the table allows it."""
    match step:
        case "load":
            pool.begin_loading()
        case "spawn":
            if pool.state is PoolState.LOADING:
                pool.spawned(4711)
        case "healthy":
            pool.become_ready(2)
        case "stop":
            pool.begin_stopping()
        case "drain":
            pool.begin_draining()
        case "force":
            if pool.state is PoolState.DRAINING:
                pool.drop_leases()
        case "gone":
            pool.end(PoolEvent.ENGINE_GONE, None)
        case "acquire":
            if pool.state is PoolState.READY:
                pool.acquire(0.0, f"lease-{next(LEASE_IDS)}", None)
        case "expire":
            pool.expire(100.0)
        case event:
            pool.end(PoolEvent(event), "boom")


steps = st.lists(
    st.sampled_from(
        ["load", "spawn", "healthy", "stop", "drain", "force", "gone", "acquire", "acquire", "expire", *map(str, ENDINGS)]
    ),
    max_size=40,
)


@given(steps)
def test_a_status_never_contradicts_itself(sequence: list[str]) -> None:
    pool = Pool(PREPARED, lease_ttl=30.0)
    for step in sequence:
        try:
            attempt(pool, step)
        except RuntimeError:
            continue
        status = pool.status(None)
        assert not status.ready or status.live
        assert 0 <= status.slots_free <= status.slots_total
        assert status.active_leases >= 0
        assert status.active_leases + status.slots_free <= status.slots_total
        assert status.ready or status.slots_free == 0
        assert status.ready == (pool.state is PoolState.READY)
        assert status.draining == (pool.state is PoolState.DRAINING)
        assert (status.url is not None) == status.ready


@pytest.mark.parametrize(("state", "event"), [(s, e) for s in PoolState for e in PoolEvent if (s, e) not in TRANSITIONS])
def test_an_event_that_the_table_refuses_changes_nothing(state: PoolState, event: PoolEvent) -> None:
    pool = Pool(PREPARED, lease_ttl=30.0)
    pool.state = state
    with pytest.raises(RuntimeError, match="not possible while"):
        pool._apply(event)
    assert pool.state is state


def test_the_leases_of_an_incarnation_end_with_it() -> None:
    pool = Pool(PREPARED, lease_ttl=30.0)
    pool.begin_loading()
    pool.spawned(4711)
    pool.become_ready(2)
    assert pool.acquire(0.0, "a", None) is not None
    pool.end(PoolEvent.ENGINE_EXITED_BADLY, "signal SIGKILL")
    assert pool.renew(1.0, "a") is None
    status = pool.status(None)
    assert (status.live, status.ready, status.active_leases, status.last_error) == (False, False, 0, "signal SIGKILL")


def test_a_new_load_forgets_the_old_cause() -> None:
    pool = Pool(PREPARED, lease_ttl=30.0)
    pool.begin_loading()
    pool.end(PoolEvent.SPAWN_FAILED, "no such file")
    pool.begin_loading()
    assert pool.status(None).last_error is None
    assert pool.status(None).state is PoolState.LOADING
