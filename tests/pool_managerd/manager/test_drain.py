"""Draining, over scripted engines (PM-DRAIN-1 to PM-DRAIN-5)."""

import asyncio
from pathlib import Path

import pytest
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from pool_managerd.clock import SystemClock
from pool_managerd.domain.errors import EngineExited, LeaseLost, PoolDraining, PoolNotReady, PoolStopping, UnknownPool
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.manager.pool_manager import Drained
from tests.pool_managerd.manager.bench import LONG, Bench, with_bench

DONE = Drained("p", done=True, forced=False)
FORCED = Drained("p", done=True, forced=True)
UNDER_WAY = Drained("p", done=False, forced=False)


@with_bench()
async def test_an_idle_pool_is_stopped_at_once_and_can_come_back(it: Bench) -> None:
    engine = await it.ready()
    assert await it.manager.drain("p", deadline=3600.0, wait=LONG) == DONE
    status = it.manager.status("p")
    assert (status.state, status.live, status.last_error) == (PoolState.STOPPED, False, None)
    assert engine.ends == [5.0]
    assert it.run_dir.journal.pending() == []
    await it.ready(port=10)


@with_bench()
async def test_it_shows_before_anybody_has_waited(it: Bench) -> None:
    await it.ready(slots_total=2)
    it.manager.acquire("p")
    assert await it.manager.drain("p") == UNDER_WAY
    status = it.manager.status("p")
    assert (status.live, status.ready, status.draining, status.slots_free, status.active_leases) == (True, False, True, 0, 1)
    with pytest.raises(PoolNotReady, match="draining"):
        it.manager.acquire("p")
    with pytest.raises(PoolDraining):
        await it.manager.preload("p", it.prepared(slots_total=2))


@with_bench()
async def test_nothing_announces_a_pool_that_drains(it: Bench) -> None:
    engine = await it.ready()
    engine.works = True
    assert it.run_dir.handoff_path("p").exists()
    await it.manager.drain("p")
    async with asyncio.timeout(LONG):
        while not engine.asked_for_work:
            await SystemClock().sleep(0)
    assert not it.run_dir.handoff_path("p").exists()


@with_bench()
async def test_it_waits_for_the_last_lease_and_then_for_the_engine(it: Bench) -> None:
    engine = await it.ready(slots_total=2)
    engine.works = True
    lease = it.manager.acquire("p")
    draining = asyncio.create_task(it.manager.drain("p", wait=LONG))
    await it.until(PoolState.DRAINING)
    it.manager.renew("p", lease.lease_id)
    assert engine.asked_for_work == 0
    it.manager.release("p", lease.lease_id)
    async with asyncio.timeout(LONG):
        while engine.asked_for_work < 2:
            await SystemClock().sleep(0)
    assert engine.ends == []
    engine.works = False
    assert await draining == DONE
    assert engine.ends == [5.0]


@with_bench(lease_ttl=0.05)
async def test_a_lease_that_ends_by_itself_is_not_waited_for_any_longer(it: Bench) -> None:
    await it.ready()
    it.manager.acquire("p")
    assert await it.manager.drain("p", deadline=3600.0, wait=LONG) == DONE


@with_bench()
async def test_at_the_deadline_leases_end_before_the_engine_does(it: Bench) -> None:
    engine = await it.ready(slots_total=2)
    leases = [it.manager.acquire("p"), it.manager.acquire("p")]
    engine.may_end.clear()
    draining = asyncio.create_task(it.manager.drain("p", deadline=0.0, wait=LONG))
    async with asyncio.timeout(LONG):
        while not engine.ends:
            await SystemClock().sleep(0)
    status = it.manager.status("p")
    assert (status.live, status.active_leases, status.slots_free) == (True, 0, 0)
    with pytest.raises(LeaseLost):
        it.manager.renew("p", leases[0].lease_id)
    engine.may_end.set()
    assert await draining == FORCED
    assert it.manager.status("p").last_error == "drained by force: 2 leases were held when its time was over"


@with_bench(drain_deadline=0.02)
async def test_without_a_deadline_the_setting_counts(it: Bench) -> None:
    engine = await it.ready()
    engine.works = True
    assert await it.manager.drain("p", wait=LONG) == FORCED
    assert it.manager.status("p").last_error == "drained by force: the engine was at work when its time was over"


@pytest.mark.parametrize(("first", "second"), [(3600.0, 0.02), (0.02, 3600.0), (None, 0.02)])
def test_the_earliest_deadline_counts(first: float | None, second: float, tmp_path: Path) -> None:
    @with_bench(drain_deadline=3600.0)
    async def test(it: Bench) -> None:
        (await it.ready()).works = True
        assert await it.manager.drain("p", deadline=first) == UNDER_WAY
        assert await it.manager.drain("p", deadline=second, wait=LONG) == FORCED

    test(tmp_path)


@with_bench()
async def test_a_wait_that_runs_out_leaves_the_drain_alone(it: Bench) -> None:
    engine = await it.ready()
    engine.works = True
    assert await it.manager.drain("p", wait=0.01) == UNDER_WAY
    engine.works = False
    await it.until(PoolState.STOPPED)


@with_bench()
async def test_a_load_is_cancelled_and_who_waits_for_it_is_told(it: Bench) -> None:
    engine = await it.loading()
    waiting = asyncio.create_task(it.manager.preload("p", it.prepared(), wait=LONG))
    await SystemClock().sleep(0)
    assert await it.manager.drain("p", deadline=3600.0, wait=LONG) == DONE
    with pytest.raises(PoolDraining):
        await waiting
    assert engine.asked_for_work == 0
    assert it.manager.status("p").state is PoolState.STOPPED


@with_bench()
async def test_an_engine_that_cannot_even_be_spawned_is_drained_all_the_same(it: Bench) -> None:
    it.spawner.refusal = "exec format error"
    await it.manager.preload("p", it.prepared())
    assert await it.manager.drain("p", wait=LONG) == DONE
    assert it.manager.status("p").state is PoolState.STOPPED


@with_bench()
async def test_a_crash_meanwhile_is_a_crash(it: Bench) -> None:
    engine = await it.ready()
    engine.works = True
    draining = asyncio.create_task(it.manager.drain("p", wait=LONG))
    await it.until(PoolState.DRAINING)
    engine.exit(-11)
    with pytest.raises(EngineExited, match="SIGSEGV"):
        await draining
    assert it.manager.status("p").state is PoolState.FAILED


@with_bench()
async def test_an_engine_that_ends_by_itself_meanwhile_is_drained(it: Bench) -> None:
    engine = await it.ready()
    engine.works = True
    draining = asyncio.create_task(it.manager.drain("p", wait=LONG))
    await it.until(PoolState.DRAINING)
    engine.exit(0)
    assert await draining == DONE


@with_bench()
async def test_a_delete_does_not_wait_for_what_is_in_flight(it: Bench) -> None:
    engine = await it.ready()
    engine.works = True
    it.manager.acquire("p")
    draining = asyncio.create_task(it.manager.drain("p", deadline=3600.0, wait=LONG))
    await it.until(PoolState.DRAINING)
    await asyncio.wait_for(it.manager.stop("p"), LONG)
    with pytest.raises(PoolStopping):
        await draining
    with pytest.raises(UnknownPool):
        it.manager.status("p")


@with_bench()
async def test_a_delete_while_the_drained_engine_ends_forgets_the_pool(it: Bench) -> None:
    engine = await it.ready()
    engine.may_end.clear()
    draining = asyncio.create_task(it.manager.drain("p", wait=LONG))
    async with asyncio.timeout(LONG):
        while not engine.ends:
            await SystemClock().sleep(0)
    stopping = asyncio.create_task(it.manager.stop("p"))
    await it.until(PoolState.STOPPING)
    engine.may_end.set()
    await asyncio.wait_for(stopping, LONG)
    with pytest.raises(PoolStopping):
        await draining
    assert it.manager.statuses() == ()


@with_bench()
async def test_where_nothing_runs_there_is_nothing_to_drain(it: Bench) -> None:
    engine = await it.ready()
    engine.exit(1)
    await it.until(PoolState.FAILED)
    assert await it.manager.drain("p") == DONE
    assert it.manager.status("p").state is PoolState.FAILED


@with_bench()
async def test_what_is_being_stopped_or_unknown_is_not_drained(it: Bench) -> None:
    with pytest.raises(UnknownPool):
        await it.manager.drain("p")
    engine = await it.ready()
    engine.may_end.clear()
    stopping = asyncio.create_task(it.manager.stop("p"))
    await it.until(PoolState.STOPPING)
    with pytest.raises(PoolStopping):
        await it.manager.drain("p")
    engine.may_end.set()
    await stopping


@with_bench()
async def test_the_end_of_the_manager_waits_for_no_drain(it: Bench) -> None:
    engine = await it.ready()
    engine.works = True
    with bound_contextvars(correlation_id="deploy-17"):
        await it.manager.drain("p", deadline=3600.0)
    with capture_logs() as told:
        await asyncio.wait_for(it.manager.close(), LONG)
    assert engine.ends == [5.0]
    changes = [(each["from"], each["to"], each["cause"], each["correlation_id"]) for each in told]
    assert changes == [("draining", "stopping", "shutdown", None), ("stopping", "absent", "stopped", None)]
