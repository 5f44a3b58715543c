import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from poolpact.engine.behaviour import Behaviour
from poolpact.engine.record import Recorder
from poolpact.engine.records import EngineRecords
from poolpact.logbook import LogBook
from poolpact.options import Options
from poolpact.targets.base import PoolManagerTarget, Target, Timekeeper
from poolpact.timekeeping import RealTime
from poolpact.world import World


class QuietManager:
    """A pool manager that has logged something."""

    url = "http://127.0.0.1:9200"

    def __init__(self) -> None:
        self.log = LogBook()
        self.log.write("began\nended\n")


class QuietTarget:
    """A target that remembers what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.engine_records = folder
        self.records = EngineRecords(folder)
        self.asked: list[Mapping[str, str]] = []
        self.dismissed: list[Collection[str]] = []
        self.refuses_to_dismiss = False
        self.time: Timekeeper = RealTime()
        self.looks_until_ended: dict[int, int] = {}

    def is_alive(self, pid: int) -> bool:
        self.looks_until_ended[pid] = self.looks_until_ended.get(pid, 0) - 1
        return self.looks_until_ended[pid] >= 0

    async def pool_manager(self, settings: Mapping[str, str]) -> PoolManagerTarget:
        self.asked.append(settings)
        return cast(PoolManagerTarget, QuietManager())

    async def dismiss(self, manager: PoolManagerTarget, pool_ids: Collection[str]) -> None:
        if self.refuses_to_dismiss:
            raise AssertionError("the pool does not go away")
        self.dismissed.append(pool_ids)


@pytest.fixture
def target(tmp_path: Path) -> QuietTarget:
    return QuietTarget(tmp_path)


@pytest.fixture
def world(target: QuietTarget) -> World:
    return World(cast(Target, target), Options())


def test_a_pool_keeps_its_id_and_port_within_a_scenario(world: World) -> None:
    assert world.pool("gpu-0") is world.pool("gpu-0")
    assert world.pool("gpu-0").id.startswith("gpu-0-")


def test_no_two_pools_share_anything(world: World, target: QuietTarget) -> None:
    other = World(cast(Target, target), Options())
    pools = [world.pool("gpu-0"), world.pool("gpu-1"), other.pool("gpu-0")]
    for member in ("id", "port", "nonce"):
        assert len({getattr(pool, member) for pool in pools}) == 3


def test_a_prepared_engine_is_the_simulator_on_the_port_of_its_pool(world: World) -> None:
    prepared = world.prepared("gpu-0", "--sim-wait", slots_total=2)
    behaviour = Behaviour.parse(prepared["flags"])
    assert behaviour.wait
    assert (behaviour.port, behaviour.nonce) == (prepared["port"], world.pool("gpu-0").nonce)
    assert prepared["slots_total"] == 2
    assert world.pool("gpu-0").prepared == prepared


def test_another_engine_leaves_the_pool_as_it_is(world: World) -> None:
    before = world.prepared("gpu-0")
    other = world.another_engine("gpu-0")
    assert other.id == world.pool("gpu-0").id
    assert other.nonce != world.pool("gpu-0").nonce
    assert world.pool("gpu-0").prepared == before


def test_a_replaced_engine_works_whatever_the_one_before_did(world: World) -> None:
    world.prepared("gpu-0", "--sim-mute", health_path="/nowhere")
    before = world.pool("gpu-0")
    world.replace_engine("gpu-0", same_port=True)
    after = world.pool("gpu-0")
    assert (after.id, after.port) == (before.id, before.port)
    assert after.nonce != before.nonce
    assert "--sim-mute" not in after.prepared["flags"]
    assert "health_path" not in after.prepared


def test_a_replaced_engine_may_do_the_same(world: World) -> None:
    world.prepared("gpu-0", "--sim-mute")
    world.replace_engine("gpu-0", keep_flags=True)
    assert "--sim-mute" in world.pool("gpu-0").prepared["flags"]


def test_what_is_made_of_a_world_is_made_once(world: World) -> None:
    class Side:
        def __init__(self, of: World) -> None:
            self.world = of

    assert world.of(Side) is world.of(Side)
    assert world.of(Side).world is world


def test_a_scenario_without_a_pool_manager_says_so(world: World) -> None:
    with pytest.raises(AssertionError, match="no pool manager"):
        _ = world.manager


def test_the_last_pool_manager_is_the_one(world: World, target: QuietTarget) -> None:
    async def use() -> Any:
        await world.use_manager()
        return await world.use_manager({"POOL_MANAGERD_TOKEN": "t"})

    last = asyncio.run(use())
    assert world.manager is last
    assert target.asked == [{}, {"POOL_MANAGERD_TOKEN": "t"}]


def test_in_the_end_everything_is_undone_in_reverse_and_pools_are_dismissed(world: World, target: QuietTarget) -> None:
    log: list[str] = []

    async def scenario() -> None:
        await world.use_manager()
        for name in ("first", "second"):

            async def action(name: str = name) -> None:
                log.append(name)

            world.defer(action)
        pool_id = world.pool("gpu-0").id
        await world.aclose()
        assert target.dismissed == [[pool_id]]

    asyncio.run(scenario())
    assert log == ["second", "first"]


def test_in_the_end_engines_are_told_to_end_even_those_that_are_started_only_now(world: World, target: QuietTarget) -> None:
    started, other = world.pool("gpu-0"), world.pool("gpu-1")
    Recorder(target.engine_records, started.nonce).write("started")
    asyncio.run(world.aclose())
    for pool in (started, other):
        assert (target.engine_records / f"{pool.nonce}.control").read_text() == "end\n"


def test_it_is_over_only_when_the_engines_are(world: World, target: QuietTarget) -> None:
    target.looks_until_ended[4711] = 3
    Recorder(target.engine_records, world.pool("gpu-0").nonce).write("started", pid=4711)
    asyncio.run(world.aclose())
    assert target.looks_until_ended[4711] == -1
    assert world.engines == ()


def test_an_engine_that_said_that_it_ends_is_over_whoever_has_its_pid_now(world: World, target: QuietTarget) -> None:
    recorder = Recorder(target.engine_records, world.pool("gpu-0").nonce)
    recorder.write("started", pid=4711)
    recorder.write("exiting", pid=4711)
    asyncio.run(world.aclose())
    assert target.looks_until_ended == {}


def test_what_goes_wrong_in_the_end_is_raised_when_all_was_tried(world: World, target: QuietTarget) -> None:
    done: list[bool] = []

    async def fine() -> None:
        done.append(True)

    async def wrong() -> None:
        raise AssertionError("the first")

    async def scenario() -> None:
        await world.use_manager()
        target.refuses_to_dismiss = True
        world.defer(fine)
        world.defer(wrong)
        await world.aclose()

    with pytest.raises(AssertionError, match="the first"):
        asyncio.run(scenario())
    assert done == [True]


def test_the_end_of_what_the_subjects_logged_is_told(world: World) -> None:
    assert world.log_tails(100) == ()
    asyncio.run(world.use_manager())
    assert world.log_tails(6) == ("ended\n",)
    assert world.is_subject("http://127.0.0.1:9200")
    assert not world.is_subject("http://127.0.0.1:9201")


def test_no_id_is_the_beginning_of_another(world: World) -> None:
    """A daemon that cannot be told to forget a pool knows those of all scenarios before."""
    ids = [world.pool(name).id for name in ("p", *(f"p{number}" for number in range(120)))]
    ids = [each.replace(each.partition("-")[0], "p", 1) for each in ids]
    assert [(one, other) for one in ids for other in ids if one != other and other.startswith(one)] == []
