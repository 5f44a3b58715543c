import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from pool_managerd.clock import SystemClock
from pool_managerd.manager import ManagerConfig, PoolManager
from pool_managerd.storage.run_dir import RunDir
from poolpact.ports import free_port
from poolpact.stub.holders import OtherHolders
from poolpact.stub.pools import pool_of_text
from poolpact.stub.spawner import PretendingSpawner

LEASE_TTL = 0.3


def with_manager(folder: Path, scenario: Callable[[PoolManager], Awaitable[None]]) -> None:
    async def main() -> None:
        run_dir = RunDir(folder / "run")
        run_dir.open()
        clock = SystemClock()
        spawner = PretendingSpawner(clock, folder, load=0.0, token_interval=0.0)
        manager = PoolManager(
            ManagerConfig(engine_dirs=(folder,), lease_ttl=LEASE_TTL), clock=clock, spawner=spawner, run_dir=run_dir
        )
        try:
            async with asyncio.timeout(30):
                await manager.preload("p", pool_of_text("p=ready,slots=3").prepared(free_port()), wait=30)
                await scenario(manager)
        finally:
            await manager.close()
            run_dir.close()

    asyncio.run(main())


async def until_leased(manager: PoolManager, count: int) -> None:
    while manager.status("p").active_leases != count:
        await SystemClock().sleep(0)


def test_slots_that_a_client_took_first_are_held_as_soon_as_they_are_free(tmp_path: Path) -> None:
    async def scenario(manager: PoolManager) -> None:
        clients = [manager.acquire("p").lease_id for _ in range(2)]
        holders = OtherHolders(manager, SystemClock(), LEASE_TTL)
        holders.take("p", 3)
        assert manager.status("p").active_leases == 3
        for lease_id in clients:
            manager.release("p", lease_id)
        assert manager.status("p").active_leases == 1
        await until_leased(manager, 3)
        await holders.aclose()

    with_manager(tmp_path, scenario)


def test_what_was_lost_while_nobody_renewed_is_taken_again(tmp_path: Path) -> None:
    async def scenario(manager: PoolManager) -> None:
        holders = OtherHolders(manager, SystemClock(), lease_ttl=6 * LEASE_TTL)
        holders.take("p", 2)
        assert manager.status("p").active_leases == 2
        await until_leased(manager, 0)
        await until_leased(manager, 2)
        await holders.aclose()

    with_manager(tmp_path, scenario)


def test_the_next_engine_of_the_pool_is_not_theirs(tmp_path: Path) -> None:
    async def scenario(manager: PoolManager) -> None:
        holders = OtherHolders(manager, SystemClock(), LEASE_TTL)
        holders.take("p", 2)
        await manager.stop("p")
        await manager.preload("p", pool_of_text("p=ready,slots=3").prepared(free_port()), wait=30)
        assert manager.status("p").active_leases == 0
        client = manager.acquire("p")
        await until_leased(manager, 0)
        assert client.pool_id == "p"
        await holders.aclose()

    with_manager(tmp_path, scenario)
