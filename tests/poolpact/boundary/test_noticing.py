import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from poolpact.boundary.boundary import Boundary
from poolpact.boundary.conversation import encoded
from poolpact.boundary.noticing import heard_from_subjects, noticed
from poolpact.exchange import over_socket
from poolpact.faults.troubles import trouble
from poolpact.options import Options
from poolpact.targets.mock import MockTarget
from poolpact.world import World

TOKEN = {"POOL_MANAGERD_TOKEN": "a-very-secret-token"}


def in_a_scenario(tmp_path: Path, scenario: Callable[[World, Boundary], Awaitable[None]]) -> None:
    async def run() -> None:
        target = MockTarget(Options(mode="mock"), tmp_path)
        await target.start()
        world = World(target, Options(mode="mock"))
        await scenario(world, world.of(Boundary))
        await world.aclose()
        await target.aclose()

    asyncio.run(run())


def test_of_the_reference_nothing_is_noticed(tmp_path: Path) -> None:
    async def scenario(world: World, boundary: Boundary) -> None:
        await boundary.manager(TOKEN)
        await boundary.make_pool()
        await boundary.deliver()
        await boundary.misbehave(trouble("resets connections"))
        await boundary.until_reported("not live and not ready")
        assert noticed(world) == ()
        asked = {(exchange.method, exchange.target) for exchange in heard_from_subjects(world)}
        pool = f"/pools/{encoded(boundary.pool.id)}"
        assert {("GET", f"{pool}/status"), ("POST", f"{pool}/leases")} <= asked
        assert boundary.facts.subjects == boundary.facts.all_subjects
        assert [task.pool_id for task in boundary.facts.tasks] == [boundary.pool.id]

    in_a_scenario(tmp_path, scenario)


def test_whoever_comes_without_the_token_or_with_another_method_is_noticed(tmp_path: Path) -> None:
    async def scenario(world: World, boundary: Boundary) -> None:
        await boundary.manager(TOKEN)
        await boundary.orchestrator()
        await over_socket((await boundary.line()).url, "POST", "/pools/p/status", {}, None)
        assert [(notice.requirement, notice.accuses) for notice in noticed(world)] == [("OR-REQ-1", True), ("OR-REQ-2", True)]

    in_a_scenario(tmp_path, scenario)


def test_where_no_orchestrator_was_started_nothing_is_known(tmp_path: Path) -> None:
    async def scenario(world: World, boundary: Boundary) -> None:
        assert not noticed(world)
        assert not heard_from_subjects(world)

    in_a_scenario(tmp_path, scenario)
