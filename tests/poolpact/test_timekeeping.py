import asyncio
from collections.abc import Awaitable, Callable

import pytest

from poolpact import timekeeping
from poolpact.targets.base import Timekeeper
from poolpact.timekeeping import RealTime, VirtualTime
from poolpact.virtual.clock import VirtualClock
from poolpact.virtual.loop import IdleTellingLoop

Scenario = Callable[[Timekeeper], Awaitable[None]]


def in_real_time(scenario: Scenario) -> None:
    async def main() -> None:
        await scenario(RealTime())

    asyncio.run(main())


def in_virtual_time(scenario: Scenario) -> None:
    loop = IdleTellingLoop()

    async def main() -> None:
        await scenario(VirtualTime(VirtualClock(loop)))

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


both = pytest.mark.parametrize("run", [in_real_time, in_virtual_time], ids=["real", "virtual"])


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeping, "_REAL_GRACE", 0.0)


@both
def test_until_is_the_first_value_that_holds(run: Callable[[Scenario], None]) -> None:
    values = iter([None, False, 0])

    async def check() -> int | None:
        return next(values)

    async def scenario(time: Timekeeper) -> None:
        assert await time.until(check, within=5.0, what="a value") == 0

    run(scenario)


@both
def test_until_gives_up_and_names_what_it_waited_for(run: Callable[[Scenario], None]) -> None:
    async def check() -> bool:
        return False

    async def scenario(time: Timekeeper) -> None:
        await time.until(check, within=0.02, what="the pool is ready")

    with pytest.raises(AssertionError, match="the pool is ready: not within"):
        run(scenario)


@both
def test_until_does_not_swallow_what_a_check_finds_wrong(run: Callable[[Scenario], None]) -> None:
    async def check() -> bool:
        raise AssertionError("not a status")

    async def scenario(time: Timekeeper) -> None:
        await time.until(check, within=60.0, what="the pool is ready")

    with pytest.raises(AssertionError, match="not a status"):
        run(scenario)


@both
def test_throughout_looks_until_the_end(run: Callable[[Scenario], None]) -> None:
    async def scenario(time: Timekeeper) -> None:
        began = time.now()
        looked: list[float] = []

        async def check() -> bool:
            looked.append(time.now() - began)
            return True

        await time.throughout(check, seconds=0.05, what="it is so")
        assert len(looked) >= 2
        assert looked[-1] >= 0.05

    run(scenario)


@both
def test_throughout_tells_when_it_is_not_so(run: Callable[[Scenario], None]) -> None:
    answers = iter([True, True, False])

    async def check() -> bool:
        return next(answers)

    async def scenario(time: Timekeeper) -> None:
        await time.throughout(check, seconds=60.0, what="it is so")

    with pytest.raises(AssertionError, match="it is so: not so after"):
        run(scenario)


@both
def test_complete_names_what_never_came(run: Callable[[Scenario], None]) -> None:
    async def scenario(time: Timekeeper) -> None:
        if isinstance(time, VirtualTime):
            asyncio.get_running_loop().call_soon(asyncio.ensure_future, time._clock.sleep(60.0))
        await time.complete(asyncio.Event().wait(), within=0.02, what="an answer")

    with pytest.raises(AssertionError, match="an answer: not within"):
        run(scenario)


def test_virtual_time_costs_no_time_and_is_exact() -> None:
    async def scenario(time: Timekeeper) -> None:
        async def check() -> bool:
            return time.now() >= 1800.0

        await time.until(check, within=1800.0, what="half an hour")
        assert time.now() == 1800.0

    in_virtual_time(scenario)
