"""The production manager in process, and beside it the same manager behind HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestratord.client import PoolManagerClient
from orchestratord.errors import InvalidSettings, LeaseLost, NoFreeSlot, PoolManagerError, PoolNotReady, UnknownPool
from orchestratord.pool_manager.embedded import EmbeddedPoolManager
from orchestratord.pool_manager.protocol import HeldLease, PoolView
from orchestratord.pool_manager.remote import RemotePoolManager
from pool_managerd.api import Security, create_app
from pool_managerd.clock import SystemClock
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.manager import ManagerConfig, PoolManager
from pool_managerd.storage.run_dir import RunDir
from tests.orchestratord.served import served
from tests.orchestratord.waiting import GENEROUS, until
from tests.pool_managerd.manager.scripted import ScriptedSpawner


class Bench:
    """One manager, asked in process and over HTTP."""

    def __init__(self, manager: PoolManager, spawner: ScriptedSpawner, remote: RemotePoolManager, binary: Path) -> None:
        self.manager = manager
        self.spawner = spawner
        self.embedded = EmbeddedPoolManager(manager, pools=[self.prepared("one", binary), self.prepared("bad", Path("/no"))])
        self.remote = remote
        self.binary = binary

    @staticmethod
    def prepared(pool_id: str, binary: Path) -> PreparedEngine:
        return PreparedEngine(
            binary_path=str(binary),
            flags=(),
            host="127.0.0.1",
            port=9,
            model_path="/m.gguf",
            engine_version="1",
            pool_id=pool_id,
            replica_id="r0",
            device_mask=None,
        )

    async def make_ready(self) -> None:
        await asyncio.wait_for(self.spawner.spawned.wait(), GENEROUS)
        self.spawner.engines[0].healthy = True
        await self.manager.preload("one", self.prepared("one", self.binary), wait=GENEROUS)

    async def is_live(self) -> bool:
        return (await self.embedded.health("one")).live

    async def is_dead(self) -> bool:
        return not await self.is_live()

    async def same_health(self, pool_id: str) -> PoolView:
        embedded, remote = await self.embedded.health(pool_id), await self.remote.health(pool_id)
        assert (embedded.source, remote.source) == ("embedded", "remote")
        assert replace(embedded, source="remote") == remote
        return embedded

    async def same_refusal(self, view: PoolView) -> PoolManagerError:
        errors: list[PoolManagerError] = []
        for manager in (self.embedded, self.remote):
            with pytest.raises(PoolManagerError) as refusal:
                await manager.acquire(view, "another")
            errors.append(refusal.value)
        assert type(errors[0]) is type(errors[1])
        assert str(errors[0]) == str(errors[1])
        return errors[0]


@contextlib.asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    binary = folder / "engines" / "server"
    binary.parent.mkdir()
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    run_dir, spawner = RunDir(folder / "run"), ScriptedSpawner()
    run_dir.open()
    manager = PoolManager(ManagerConfig((binary.parent,)), clock=SystemClock(), spawner=spawner, run_dir=run_dir)
    try:
        async with served(create_app(manager, Security(None, frozenset()))) as client:
            remote = RemotePoolManager(PoolManagerClient(str(client.base_url), deadline=GENEROUS))
            yield Bench(manager, spawner, remote, binary)
            await remote.aclose()
        await manager.close()
    finally:
        run_dir.close()


def with_bench(folder: Path, test: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        async with bench(folder) as it:
            await test(it)

    asyncio.run(run())


def test_embedded_and_remote_give_the_same_answers(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        assert not (await it.same_health("one")).live
        for hostile in ("..", "a/b", "ü", "x" * 129):
            assert (await it.same_health(hostile)).last_error
        await it.embedded.start()
        await until(it.is_live)
        assert not (await it.same_health("one")).ready
        assert isinstance(await it.same_refusal(PoolView("one", "embedded")), PoolNotReady)
        await it.make_ready()
        assert (await it.same_health("one")).slots_free == 1
        lease = await it.embedded.acquire(PoolView("one", "embedded"), "key")
        assert (await it.same_health("one")).slots_free == 0
        refusal = await it.same_refusal(PoolView("one", "embedded"))
        assert isinstance(refusal, NoFreeSlot)
        assert refusal.retry_after == 1
        assert isinstance(await it.same_refusal(PoolView("two", "embedded")), UnknownPool)
        await it.embedded.release(lease)
        it.spawner.engines[0].exit(3)
        await until(it.is_dead)
        assert "exit code 3" in ((await it.same_health("one")).last_error or "")

    with_bench(tmp_path, test)


def test_the_listed_pools_are_started_and_a_refused_one_leaves_the_others_alone(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        assert it.embedded.own_ids() == ("one", "bad")
        assert not it.embedded.has("one")
        await it.embedded.start()
        assert it.embedded.has("one")
        assert not it.embedded.has("bad")
        await it.make_ready()

    with_bench(tmp_path, test)


def test_pools_of_the_daemon_are_left_to_it(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        await it.embedded.start(without=frozenset({"one"}))
        assert not it.embedded.has("one")
        assert not it.spawner.engines

    with_bench(tmp_path, test)


def test_leases(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        await it.embedded.start()
        await it.make_ready()
        view = PoolView("one", "embedded")
        lease = await it.embedded.acquire(view, "key")
        assert lease.source == "embedded"
        assert (await it.embedded.acquire(view, "key")).lease_id == lease.lease_id
        assert (await it.embedded.renew(lease)).lease_id == lease.lease_id
        await it.embedded.release(lease)
        await it.embedded.release(lease)
        with pytest.raises(LeaseLost):
            await it.embedded.renew(lease)
        with pytest.raises(UnknownPool):
            await it.embedded.release(HeldLease("two", "embedded", "x", 1.0))

    with_bench(tmp_path, test)


def test_a_manager_that_was_given_is_not_closed(tmp_path: Path) -> None:
    async def test(it: Bench) -> None:
        await it.embedded.start()
        await it.make_ready()
        await it.embedded.aclose()
        assert (await it.embedded.health("one")).ready

    with_bench(tmp_path, test)


@pytest.mark.parametrize(
    ("environ", "pools", "why"),
    [
        ({"POOL_MANAGERD_LEASE_TTL": "soon"}, None, "POOL_MANAGERD_LEASE_TTL"),
        ({}, "missing.toml", "missing.toml"),
        ({}, "bad.toml", "bad.toml"),
    ],
)
def test_what_keeps_the_manager_from_starting_is_a_clear_error(
    tmp_path: Path, environ: dict[str, str], pools: str | None, why: str
) -> None:
    (tmp_path / "bad.toml").write_text("[pools.x]\ncolour = 'blue'\n")
    with pytest.raises(InvalidSettings, match=why):
        EmbeddedPoolManager.make(environ, tmp_path / pools if pools else None)


def test_one_manager_a_run_directory(tmp_path: Path) -> None:
    async def run() -> None:
        environ = {"POOL_MANAGERD_RUN_DIR": str(tmp_path / "run")}
        first, second = EmbeddedPoolManager.make(environ, None), EmbeddedPoolManager.make(environ, None)
        await first.start()
        with pytest.raises(InvalidSettings, match="run directory"):
            await second.start()
        await second.aclose()
        await first.aclose()
        third = EmbeddedPoolManager.make(environ, None)
        await third.start()
        await third.aclose()

    asyncio.run(run())
