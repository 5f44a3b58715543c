"""The manager over scripted engines: what the registry and its one writer a pool promise."""

import asyncio

import pytest

from pool_managerd.clock import SystemClock
from pool_managerd.domain.errors import (
    EngineConflict,
    EngineExited,
    ManagerClosing,
    NoFreeSlot,
    PoolIdMismatch,
    PoolNotReady,
    PoolStopping,
    SpawnFailed,
    StartupTimeout,
    UnknownPool,
)
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.storage.journal import Intent
from tests.pool_managerd.manager.bench import LONG, Bench, with_bench
from tests.pool_managerd.manager.scripted import ScriptedEngine


@with_bench()
async def test_a_preload_becomes_ready_when_the_engine_is_healthy(it: Bench) -> None:
    engine = await it.loading()
    assert it.manager.status("p").state is PoolState.LOADING
    assert not it.manager.status("p").ready
    engine.healthy = True
    done = await it.manager.preload("p", it.prepared(), wait=LONG)
    assert (done.ready, done.pid) == (True, engine.pid)
    assert done.handoff_path.exists()
    assert it.manager.status("p").ready


@with_bench()
async def test_many_identical_preloads_spawn_once(it: Bench) -> None:
    await asyncio.gather(*(it.manager.preload("p", it.prepared()) for _ in range(50)))
    await asyncio.wait_for(it.spawner.spawned.wait(), LONG)
    assert len(it.spawner.nonces) == 1


@with_bench()
async def test_another_engine_conflicts_and_leaves_the_running_one_alone(it: Bench) -> None:
    engine = await it.ready()
    with pytest.raises(EngineConflict):
        await it.manager.preload("p", it.prepared(flags=["--other"]))
    assert engine.ends == []
    assert it.manager.status("p").pid == engine.pid


@with_bench()
async def test_the_path_and_the_body_must_agree(it: Bench) -> None:
    with pytest.raises(PoolIdMismatch):
        await it.manager.preload("q", it.prepared("p"))
    assert it.spawner.nonces == []


@with_bench()
async def test_an_exit_while_loading_tells_the_waiter_at_once(it: Bench) -> None:
    engine = await it.loading()
    waiter = asyncio.create_task(it.manager.preload("p", it.prepared(), wait=LONG))
    engine.output = "no such model"
    engine.exit(3)
    with pytest.raises(EngineExited, match=r"(?s)exit code 3.*no such model"):
        await waiter
    status = it.manager.status("p")
    assert (status.state, status.live, status.pid) == (PoolState.FAILED, False, None)
    assert "exit code 3" in (status.last_error or "")


@with_bench()
async def test_a_clean_exit_while_loading_is_a_failure_too(it: Bench) -> None:
    engine = await it.loading()
    engine.exit(0)
    await it.until(PoolState.FAILED)
    assert "exit code 0" in (it.manager.status("p").last_error or "")


@with_bench(startup_timeout=0.05)
async def test_an_engine_that_is_never_healthy_is_killed_without_grace(it: Bench) -> None:
    engine = await it.loading()
    with pytest.raises(StartupTimeout, match=r"0\.05 s"):
        await it.manager.preload("p", it.prepared(), wait=LONG)
    assert set(engine.ends) == {0.0}
    assert it.manager.status("p").state is PoolState.FAILED


async def hanging(it: Bench) -> ScriptedEngine:
    """An engine that is loading and was just asked for its health."""
    it.spawner.hanging = True
    engine = await it.loading()
    async with asyncio.timeout(LONG):
        while not engine.probes_hung:
            await SystemClock().sleep(0)
    return engine


@with_bench()
async def test_an_exit_does_not_wait_for_the_answer_to_a_probe(it: Bench) -> None:
    engine = await hanging(it)
    engine.exit(3)
    await it.until(PoolState.FAILED)
    await asyncio.wait_for(it.manager.stop("p"), LONG)
    assert (engine.probes_hung, engine.probes_dropped) == (1, 1)


@with_bench()
async def test_a_delete_does_not_wait_for_the_answer_to_a_probe(it: Bench) -> None:
    engine = await hanging(it)
    await asyncio.wait_for(it.manager.stop("p"), LONG)
    assert (engine.probes_hung, engine.probes_dropped) == (1, 1)


@with_bench(startup_timeout=0.05)
async def test_the_start_up_time_out_does_not_wait_for_the_answer_to_a_probe(it: Bench) -> None:
    engine = await hanging(it)
    await it.until(PoolState.FAILED)
    await asyncio.wait_for(it.manager.stop("p"), LONG)
    assert (engine.probes_hung, engine.probes_dropped) == (1, 1)


@with_bench()
async def test_a_wait_that_runs_out_leaves_the_load_alone(it: Bench) -> None:
    engine = await it.loading()
    outcome = await it.manager.preload("p", it.prepared(), wait=0.01)
    assert not outcome.ready
    assert engine.ends == []


@with_bench()
async def test_a_failed_spawn_says_why_and_may_be_tried_again(it: Bench) -> None:
    it.spawner.refusal = "exec format error"
    with pytest.raises(SpawnFailed, match="exec format error"):
        await it.manager.preload("p", it.prepared(), wait=LONG)
    it.spawner.refusal = None
    await it.ready()
    assert it.manager.status("p").last_error is None


@with_bench()
async def test_a_crash_shows_its_signal_and_ends_the_leases(it: Bench) -> None:
    engine = await it.ready(slots_total=2)
    lease = it.manager.acquire("p")
    engine.exit(-9)
    await it.until(PoolState.FAILED)
    status = it.manager.status("p")
    assert "SIGKILL" in (status.last_error or "")
    assert (status.active_leases, status.slots_free) == (0, 0)
    with pytest.raises(PoolNotReady):
        it.manager.acquire("p")
    it.manager.release("p", lease.lease_id)


@with_bench()
async def test_an_exit_with_0_is_a_stop(it: Bench) -> None:
    engine = await it.ready()
    engine.exit(0)
    await it.until(PoolState.STOPPED)
    assert it.manager.status("p").last_error is None


@with_bench()
async def test_a_new_engine_waits_until_the_old_one_is_cleared_up(it: Bench) -> None:
    old = await it.loading()
    old.may_end.clear()
    old.exit(1)
    await it.until(PoolState.FAILED)
    await it.manager.preload("p", it.prepared())
    assert it.manager.status("p").state is PoolState.LOADING
    assert len(it.spawner.engines) == 1
    it.spawner.spawned.clear()
    old.may_end.set()
    await asyncio.wait_for(it.spawner.spawned.wait(), LONG)
    assert len(it.spawner.engines) == 2


@with_bench()
async def test_a_delete_cancels_the_load_and_tells_who_waits(it: Bench) -> None:
    engine = await it.loading()
    waiter = asyncio.create_task(it.manager.preload("p", it.prepared(), wait=LONG))
    await SystemClock().sleep(0)
    await it.manager.stop("p")
    with pytest.raises(PoolStopping):
        await waiter
    assert engine.ends == [5.0]
    with pytest.raises(UnknownPool):
        it.manager.status("p")


@with_bench()
async def test_a_caller_who_gives_up_does_not_interrupt_the_stop(it: Bench) -> None:
    engine = await it.ready()
    engine.may_end.clear()
    impatient = asyncio.create_task(it.manager.stop("p"))
    await it.until(PoolState.STOPPING)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    with pytest.raises(PoolStopping):
        await it.manager.preload("p", it.prepared())
    engine.may_end.set()
    await it.manager.stop("p")
    with pytest.raises(UnknownPool):
        await it.manager.stop("p")


@with_bench()
async def test_a_stop_removes_the_files_of_the_pool(it: Bench) -> None:
    await it.ready()
    it.spawner.log_paths[0].write_text("output\n")
    before = list(it.run_dir.handoff_path("p").parent.iterdir())
    assert before == [it.run_dir.handoff_path("p")]
    assert [intent.pool_id for intent in it.run_dir.journal.pending()] == ["p"]
    await it.manager.stop("p")
    assert not it.run_dir.handoff_path("p").exists()
    assert not it.spawner.log_paths[0].exists()
    assert it.run_dir.journal.pending() == []


@with_bench()
async def test_a_failed_pool_can_be_deleted(it: Bench) -> None:
    engine = await it.loading()
    engine.exit(1)
    await it.until(PoolState.FAILED)
    await it.manager.stop("p")
    assert it.manager.statuses() == ()


@with_bench()
async def test_slots_are_the_callers_else_the_engines_else_one(it: Bench) -> None:
    await it.ready("told", slots_total=3)
    engine = await it.loading("asked", port=10)
    engine.own_slots = 5
    engine.healthy = True
    await it.manager.preload("asked", it.prepared("asked", port=10), wait=LONG)
    await it.ready("silent", port=11)
    totals = {status.pool_id: status.slots_total for status in it.manager.statuses()}
    assert totals == {"asked": 5, "silent": 1, "told": 3}


@with_bench(lease_ttl=0.02)
async def test_a_lease_that_is_not_renewed_frees_its_slot_in_the_status(it: Bench) -> None:
    await it.ready()
    it.manager.acquire("p")
    with pytest.raises(NoFreeSlot):
        it.manager.acquire("p")
    async with asyncio.timeout(LONG):
        while it.manager.status("p").active_leases:
            await SystemClock().sleep(0.001)
    assert it.manager.status("p").slots_free == 1


@with_bench()
async def test_closing_stops_every_engine_and_takes_no_more(it: Bench) -> None:
    first, second = await it.ready("a"), await it.loading("b", port=10)
    await it.manager.close()
    assert (first.ends, second.ends) == ([5.0], [5.0])
    with pytest.raises(ManagerClosing):
        await it.manager.preload("c", it.prepared("c"))
    assert not it.manager.readiness().ready


@with_bench()
async def test_a_run_dir_that_cannot_be_written_fails_the_pool_and_says_so(it: Bench) -> None:
    folder = it.run_dir.journal.folder
    folder.rmdir()
    folder.write_text("a file where the journal was")
    with pytest.raises(SpawnFailed, match="run directory"):
        await it.manager.preload("p", it.prepared(), wait=LONG)
    assert it.spawner.nonces == []


@with_bench()
async def test_the_next_start_ends_what_a_killed_manager_left(it: Bench) -> None:
    it.run_dir.journal.intend(Intent(nonce="a" * 32, pool_id="p", binary_path=str(it.binary)))
    assert await it.manager.start() == 2
    assert it.spawner.reaped == ["a" * 32]
    assert it.run_dir.journal.pending() == []
