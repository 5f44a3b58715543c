import asyncio
from pathlib import Path

import pytest

from poolpact.boundary.boundary import Boundary
from poolpact.boundary.timing import most_in_a_second
from poolpact.faults.troubles import trouble
from poolpact.options import Options
from poolpact.targets.mock import MockTarget
from poolpact.world import World


@pytest.mark.parametrize(
    ("times", "most"),
    [([], 0), ([1.0], 1), ([1.0, 1.5, 1.99], 3), ([1.0, 1.5, 2.0], 2), ([0.0, 0.9, 1.1, 1.2, 1.8, 3.0], 4)],
)
def test_the_most_in_a_second(times: list[float], most: int) -> None:
    assert most_in_a_second(times) == most


@pytest.mark.parametrize("took", [[0.1], [2.0, 0.11], [2.0, 2.0, 2.0, 2.0, 0.1]])
def test_one_trial_of_five_in_time_will_do(took: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    assert trials(took, monkeypatch) == len(took)


def test_five_trials_too_late_will_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match=r"took 0\.201 s at best, the limit is 0\.110 s"):
        trials([0.5, 0.4, 0.3, 0.201, 0.6], monkeypatch)


def trials(took: list[float], monkeypatch: pytest.MonkeyPatch) -> int:
    calls = iter(took)

    async def timed(call: object) -> float:
        return next(calls)

    async def call() -> None:
        raise RuntimeError("only timed")

    monkeypatch.setattr("poolpact.boundary.boundary.timed", timed)
    boundary = Boundary.__new__(Boundary)
    boundary.world = World.__new__(World)
    boundary.world.options = Options(mode="mock")
    boundary.settings = {"ORCHESTRATORD_DEADLINE_MS": "10"}
    asyncio.run(boundary.in_time(call))
    return len(took) - len(list(calls))


def test_a_scenario_in_mock_mode(tmp_path: Path) -> None:
    async def run() -> None:
        target = MockTarget(Options(mode="mock"), tmp_path)
        await target.start()
        world = World(target, Options(mode="mock"))
        boundary = world.of(Boundary)
        pool = await boundary.make_pool()
        await boundary.until_first_right()
        await boundary.deliver()
        for state in ("full", "ready", "loading", "unknown", "ready"):
            await pool.become(state)
            expected = {"full": "live and ready", "ready": "live and ready", "loading": "live and not ready"}
            await boundary.until_reported(expected.get(state, "not live and not ready"))
        await boundary.misbehave(trouble("resets connections"))
        await boundary.until_reported("not live and not ready")
        assert (await boundary.line()).connections
        await world.aclose()
        assert not (await target.pool_manager({})).script.pools
        await target.aclose()

    asyncio.run(run())


def test_a_state_that_is_not_reached_is_an_assertion(tmp_path: Path) -> None:
    async def run() -> None:
        target = MockTarget(Options(mode="mock"), tmp_path)
        await target.start()
        world = World(target, Options(mode="mock"))
        boundary = world.of(Boundary)
        await boundary.make_pool()
        with pytest.raises(AssertionError, match="the last answer: live and ready"):
            await boundary.until_reported("not live and not ready", within=0.05)
        await world.aclose()
        await target.aclose()

    asyncio.run(run())


def test_a_borrowed_pool_is_shared_until_a_scenario_changes_it(tmp_path: Path) -> None:
    async def run() -> None:
        target = MockTarget(Options(mode="mock"), tmp_path)
        await target.start()
        first, second = (World(target, Options(mode="mock")).of(Boundary) for _ in range(2))
        shared = (await first.borrow_pool()).id
        assert (await second.borrow_pool()).id == shared
        await second.until_first_right()
        await second.pool.become("loading")
        assert second.pool.id != shared
        await second.until_reported("live and not ready")
        await second.world.aclose()
        await first.deliver()
        assert len(first.pool.new_completions()) == 1
        await first.world.aclose()
        assert list((await target.pool_manager({})).script.pools) == [shared]
        await target.aclose()

    asyncio.run(run())
