import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from poolpact.virtual.clock import VirtualClock
from poolpact.virtual.loop import IdleTellingLoop

T = TypeVar("T")


def run(scenario: Callable[[VirtualClock], Awaitable[T]]) -> T:
    loop = IdleTellingLoop()
    try:

        async def main() -> T:
            return await scenario(VirtualClock(loop))

        return loop.run_until_complete(main())
    finally:
        loop.close()


async def note(clock: VirtualClock, seconds: float, log: list[float]) -> None:
    await clock.sleep(seconds)
    log.append(round(clock.monotonic(), 6))


def test_time_stands_still_until_it_is_advanced() -> None:
    async def scenario(clock: VirtualClock) -> tuple[float, float]:
        before = clock.monotonic()
        await asyncio.sleep(0)
        await clock.advance(1800.0)
        return before, clock.monotonic()

    assert run(scenario) == (0.0, 1800.0)


def test_the_time_of_day_moves_along() -> None:
    async def scenario(clock: VirtualClock) -> float:
        before = clock.wall()
        await clock.advance(90.0)
        return (clock.wall() - before).total_seconds()

    assert run(scenario) == 90.0


def test_timers_fire_in_the_order_of_their_times_each_at_its_own() -> None:
    async def scenario(clock: VirtualClock) -> list[float]:
        log: list[float] = []
        tasks = [asyncio.create_task(note(clock, seconds, log)) for seconds in (3.0, 1.0, 2.0)]
        await clock.advance(2.5)
        assert log == [1.0, 2.0]
        await clock.advance(1.0)
        await asyncio.gather(*tasks)
        return log

    assert run(scenario) == [1.0, 2.0, 3.0]


def test_a_timer_that_another_one_starts_fires_within_the_same_advance() -> None:
    async def scenario(clock: VirtualClock) -> list[float]:
        log: list[float] = []

        async def chain() -> None:
            for _ in range(3):
                await note(clock, 0.1, log)

        task = asyncio.create_task(chain())
        await clock.advance(1.0)
        await task
        return log

    assert run(scenario) == [0.1, 0.2, 0.3]


def test_no_timer_is_early_whatever_the_rounding() -> None:
    async def scenario(clock: VirtualClock) -> list[float]:
        early = []
        for _ in range(1000):
            due = clock.monotonic() + 0.1
            await clock.complete(clock.sleep(due - clock.monotonic()))
            early += [due - clock.monotonic()] if clock.monotonic() < due else []
        return early

    assert run(scenario) == []


def test_a_cancelled_timer_moves_nothing() -> None:
    async def scenario(clock: VirtualClock) -> float:
        task = asyncio.create_task(clock.sleep(5.0))
        await asyncio.sleep(0)
        task.cancel()
        await clock.complete(clock.sleep(1.0))
        return round(clock.monotonic(), 6)

    assert run(scenario) == 1.0


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_sleep_of_nothing_is_one_turn_of_the_loop(seconds: float) -> None:
    async def scenario(clock: VirtualClock) -> bool:
        turned: list[bool] = []
        asyncio.get_running_loop().call_soon(turned.append, True)
        await clock.sleep(seconds)
        return turned == [True]

    assert run(scenario)


def test_work_takes_as_much_time_as_it_needs() -> None:
    async def scenario(clock: VirtualClock) -> tuple[str, float]:
        async def work() -> str:
            await clock.sleep(2.0)
            return "done"

        return await clock.complete(work()), round(clock.monotonic(), 6)

    assert run(scenario) == ("done", 2.0)


def test_work_that_takes_too_long_is_cancelled() -> None:
    async def scenario(clock: VirtualClock) -> bool:
        work = asyncio.ensure_future(clock.sleep(2.0))
        with pytest.raises(TimeoutError):
            await clock.complete(work, within=1.0)
        await asyncio.sleep(0)
        return work.cancelled()

    assert run(scenario)


def test_two_that_let_time_pass_share_it() -> None:
    async def scenario(clock: VirtualClock) -> float:
        await asyncio.gather(clock.complete(clock.sleep(2.0)), clock.complete(clock.sleep(3.0)))
        return round(clock.monotonic(), 6)

    assert run(scenario) == 3.0


def test_what_work_raises_reaches_who_waits() -> None:
    async def scenario(clock: VirtualClock) -> None:
        async def work() -> None:
            await clock.sleep(1.0)
            raise ValueError("no")

        await clock.complete(work())

    with pytest.raises(ValueError, match="no"):
        run(scenario)


def test_something_that_never_rests_is_named_instead_of_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolpact.virtual.clock._PATIENCE", 0.05)

    async def scenario(clock: VirtualClock) -> None:
        loop = asyncio.get_running_loop()
        rested = False

        def again() -> None:
            if not rested:
                loop.call_soon(again)

        again()
        try:
            with pytest.raises(AssertionError, match="busy"):
                await clock.advance(1.0)
            with pytest.raises(AssertionError, match="busy"):
                await clock.complete(clock.sleep(1.0))
        finally:
            rested = True

    run(scenario)
