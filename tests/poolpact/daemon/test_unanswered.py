"""Where a requirement promises an answer, none is a wrong one: the When goes on, and the Then accuses."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from poolpact.daemon.access import Access
from poolpact.daemon.leases import Leases
from poolpact.daemon.managers import Managers
from poolpact.daemon.statuses import Statuses
from poolpact.daemon.stops import Stops
from poolpact.daemon.unanswered import NONE, tried
from poolpact.exchange import ExchangeFailed, NoAnswerInTime
from poolpact.targets.base import Answer, NotAnswering
from poolpact.world import World
from tests.poolpact.daemon.scripted import ScriptedManager, world_of

WHY = "DELETE http://127.0.0.1:9200/pools/p: no answer within 90 s"
Step = Callable[[World], Any]

JUDGED: dict[str, tuple[Step, Step]] = {
    "a stop": (lambda w: w.of(Stops).stop("p"), lambda w: w.of(Stops).stopped()),
    "several stops": (lambda w: w.of(Stops).stop("p", 3), lambda w: w.of(Stops).stopped_or_nothing()),
    "a lease": (lambda w: w.of(Leases).take("A", "p"), lambda w: w.of(Leases).granted("A")),
    "a lease where none is free": (
        lambda w: w.of(Leases).take("A", "p"),
        lambda w: w.of(Leases).no_free_slot(w.of(Leases).answer),
    ),
    "a lease where the pool is not ready": (lambda w: w.of(Leases).take("A", "p"), lambda w: w.of(Leases).not_ready()),
    "several leases": (lambda w: w.of(Leases).take_at_once(3, "p"), lambda w: w.of(Leases).exactly(1)),
    "several leases with a key": (lambda w: w.of(Leases).take_at_once(3, "p", "k"), lambda w: w.of(Leases).all_the_same()),
    "a release": (lambda w: w.of(Leases).give_back_unknown("p"), lambda w: w.of(Leases).fine()),
    "a status": (lambda w: w.of(Statuses).ask("p"), lambda w: w.of(Statuses).told("p")),
    "a status that is waited for": (lambda w: w.of(Statuses).ask_until_known("p"), lambda w: w.of(Statuses).told("p")),
    "a status in time": (lambda w: w.of(Statuses).ask("p"), lambda w: w.of(Statuses).told_within(0.25, ready=True)),
    "the status of nobody": (lambda w: w.of(Statuses).ask("p", 5), lambda w: w.of(Statuses).all_unknown()),
    "those of look-alikes": (lambda w: w.of(Statuses).ask_lookalikes("p"), lambda w: w.of(Statuses).all_unknown()),
    "the daemon's health": (lambda w: w.of(Access).ask_health(), lambda w: w.of(Access).daemon_is_ok_within(1.0)),
    "a call without the token": (
        lambda w: w.of(Access).call_without_token('reading the status of "gpu-0"'),
        lambda w: w.of(Access).no_token(),
    ),
    "a wrong token": (lambda w: w.of(Access).status_with("p", "another token"), lambda w: w.of(Access).no_token()),
    "a wrong method": (lambda w: w.of(Access).method_on("POST", "the daemon's health"), lambda w: w.of(Access).method_refused()),
}


async def done(step: Any) -> None:
    if inspect.isawaitable(step):
        await step


def in_world(manager: ScriptedManager, folder: Path, scenario: Callable[[World], Awaitable[None]]) -> None:
    async def run() -> None:
        world = world_of(manager, folder)
        await world.use_manager()
        await scenario(world)

    asyncio.run(run())


@pytest.mark.parametrize("failure", [NoAnswerInTime(WHY), ExchangeFailed(WHY)])
@pytest.mark.parametrize("case", JUDGED)
def test_a_call_that_is_not_answered_is_held_against_the_requirement_that_promises_an_answer(
    case: str, failure: ExchangeFailed, tmp_path: Path
) -> None:
    when, then = JUDGED[case]

    async def scenario(world: World) -> None:
        await done(when(world))
        with pytest.raises(AssertionError, match=r"no answer within 90 s"):
            await done(then(world))

    in_world(ScriptedManager(failure), tmp_path, scenario)


@pytest.mark.parametrize("times", [1, 50])
def test_who_never_answers_is_not_asked_over_and_over(times: int, tmp_path: Path) -> None:
    manager = ScriptedManager(NoAnswerInTime(WHY))
    in_world(manager, tmp_path, lambda world: world.of(Statuses).ask("p", times))
    assert len(manager.asked) == 1


def test_what_is_arranged_must_be_answered(tmp_path: Path) -> None:
    """It is no Then that fails there: what builds upon it is not exercised."""

    async def scenario(world: World) -> None:
        with pytest.raises(AssertionError, match="no answer"):
            await world.of(Leases).hold("A", "p")

    in_world(ScriptedManager(NoAnswerInTime(WHY)), tmp_path, scenario)


def test_to_hang_up_on_another_host_is_to_refuse_it_and_not_to_answer_is_not(tmp_path: Path) -> None:
    async def hung_up(world: World) -> None:
        await world.of(Access).status_with("p", "the Host header evil.example")
        world.of(Access).host_refused()

    async def silent(world: World) -> None:
        with pytest.raises(NoAnswerInTime):
            await world.of(Access).status_with("p", "the Host header evil.example")

    async def served(world: World) -> None:
        await world.of(Access).status_with("p", "the Host header evil.example")
        with pytest.raises(AssertionError, match="expected that it is refused"):
            world.of(Access).host_refused()

    in_world(ScriptedManager(ExchangeFailed("it hung up")), tmp_path, hung_up)
    in_world(ScriptedManager(NoAnswerInTime(WHY)), tmp_path, silent)
    in_world(ScriptedManager(Answer(200, {}, b"{}", 0.0)), tmp_path, served)


def test_a_daemon_that_neither_starts_nor_ends_has_not_refused_to_start(tmp_path: Path) -> None:
    async def run() -> None:
        managers = world_of(NotAnswering("it did not answer at http://127.0.0.1:1 within 20 s"), tmp_path).of(Managers)
        await managers.start_on("0.0.0.0")
        with pytest.raises(AssertionError, match="did not end: it did not answer"):
            managers.not_started("token")
        with pytest.raises(AssertionError, match="it did not answer"):
            managers.started()

    asyncio.run(run())


def test_an_answer_is_what_it_is(tmp_path: Path) -> None:
    answer = Answer(500, {}, b"", 0.1)

    async def call() -> Answer:
        return answer

    assert asyncio.run(tried(call())) is answer
    assert NONE not in range(100, 600)
