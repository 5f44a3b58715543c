import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from behave.model_type import Status

from poolpact.account import MOST_EXCHANGES, Exchange, record, time_left, waited_in_vain
from poolpact.ledger import Entry
from poolpact.options import Options
from poolpact.stage import LONGEST_SCENARIO, Stage
from poolpact.targets.base import CannotJudge

PASSED = Entry("PM-READY-1", "x.feature:1 x", "passed")
FAILED = Entry("PM-READY-1", "x.feature:1 x", "failed", "Then: it is not")


class Context:
    """What behave hands to hooks, as far as a stage knows it."""

    world: Any

    def __contains__(self, name: str) -> bool:
        return hasattr(self, name)


@dataclass
class Step:
    keyword: str
    name: str
    status: Status


@dataclass
class Scenario:
    all_steps: list[Step] = field(default_factory=lambda: [Step("Given", "a", Status.passed), Step("Then", "b", Status.failed)])


def played(options: Options, folder: Path, entry: Entry, during: Callable[[Context], None] = lambda context: None) -> Entry:
    """What is recorded of one scenario in which ``during`` happens."""
    recorded: list[Entry] = []
    with Stage(options, folder) as stage:
        context = Context()
        stage.begin(context, Scenario())
        during(context)
        stage.end(context, entry, Scenario(), recorded.append)
    (told,) = recorded
    return told


def exchange_with(url: str) -> Exchange:
    return Exchange(time.monotonic(), "judge", url, "GET", "/health", {}, b"", 0.1, 200)


def use_manager(context: Context) -> None:
    """Two exchanges: one with the subject, one with somebody else."""
    asyncio.get_event_loop_policy().get_event_loop().run_until_complete(context.world.use_manager())
    record(exchange_with(context.world.manager.url))
    record(exchange_with("http://127.0.0.1:1"))


def test_only_exchanges_with_the_subject_are_evidence(tmp_path: Path) -> None:
    account = played(Options(), tmp_path, FAILED, use_manager).account
    assert account is not None
    assert (account.exchanges, dict(account.answers)) == (1, {("GET", "/health", 200): 1})
    assert [each.target for each in account.transcript] == ["/health"]
    assert account.steps == (("Given a", "passed"), ("Then b", "failed"))


def test_what_is_evidence_does_not_hang_on_how_much_is_kept(tmp_path: Path) -> None:
    def ask_in_vain_and_then(context: Context) -> None:
        use_manager(context)
        for _ in range(3 * MOST_EXCHANGES):
            record(replace(exchange_with(context.world.manager.url), status=None))
        record(replace(exchange_with(context.world.manager.url), target="/last"))

    account = played(Options(), tmp_path, FAILED, ask_in_vain_and_then).account
    assert account is not None
    assert account.exchanges == 3 * MOST_EXCHANGES + 2
    assert dict(account.answers) == {("GET", "/health", 200): 1, ("GET", "/last", 200): 1}
    assert account.transcript[-1].target == "/last"


@pytest.mark.parametrize("keeps", [False, True])
def test_what_passed_is_told_where_it_was_asked_for(keeps: bool, tmp_path: Path) -> None:
    account = played(Options(keeps_transcripts=keeps), tmp_path, PASSED, use_manager).account
    assert account is not None
    assert account.exchanges == 1
    assert (len(account.transcript), len(account.steps)) == ((1, 2) if keeps else (0, 0))


@pytest.mark.parametrize("entry", [PASSED, FAILED])
def test_what_did_not_wait_to_the_end_is_held_neither_against_a_subject_nor_for_it(entry: Entry, tmp_path: Path) -> None:
    told = played(Options(), tmp_path, entry, lambda _: waited_in_vain(0.1, longest=1.0))
    assert told.outcome == "blocked"
    assert "its time was over" in told.reason
    assert entry.reason in told.reason


@pytest.mark.parametrize("entry", [PASSED, FAILED])
def test_what_waited_to_the_end_stays_as_it_is(entry: Entry, tmp_path: Path) -> None:
    assert played(Options(), tmp_path, entry, lambda _: waited_in_vain(1.0, longest=1.0)).outcome == entry.outcome


def test_after_a_scenario_nothing_is_recorded(tmp_path: Path) -> None:
    with Stage(Options(), tmp_path) as stage:
        context = Context()
        stage.begin(context, Scenario())
        assert time_left(10 * LONGEST_SCENARIO) <= LONGEST_SCENARIO
        stage.end(context, PASSED, Scenario(), lambda entry: None)
        assert time_left(10 * LONGEST_SCENARIO) == 10 * LONGEST_SCENARIO


@pytest.mark.parametrize(
    ("options", "longest"),
    [
        (Options(), LONGEST_SCENARIO),
        (Options(startup_timeout=50.0, lease_ttl=20.0), LONGEST_SCENARIO + 150),
        (Options(time_limit=30.0), 30.0),
    ],
)
def test_a_scenario_gets_the_time_that_the_subjects_own_times_take(options: Options, longest: float, tmp_path: Path) -> None:
    left: list[float] = []
    began = Options(time_limit=options.time_limit, startup_timeout=options.startup_timeout, lease_ttl=options.lease_ttl)
    object.__setattr__(began, "began", time.monotonic())
    played(began, tmp_path, PASSED, lambda context: left.append(time_left(1e9)))
    assert 0 < left[0] <= longest
    assert left[0] > longest - 30


@pytest.mark.parametrize("entry", [PASSED, FAILED])
def test_a_scenario_of_which_no_account_can_be_given_is_recorded(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Stage, "_account", fail)
    told = played(Options(), tmp_path, entry, use_manager)
    assert (told.outcome, told.account) == ("harness error", None)
    assert told.reason.startswith("no account can be given: KeyError: 'x'")
    assert entry.reason in told.reason


def test_when_time_is_over_nobody_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def recover() -> None:
        raise AssertionError("it was asked whether it is there")

    with Stage(Options(time_limit=60.0, began=time.monotonic()), tmp_path) as stage:
        stage.begin(Context(), Scenario())
        stage.end(Context(), FAILED, Scenario(), lambda entry: None)
        monkeypatch.setattr(stage._target, "recover", recover)
        monkeypatch.setattr(stage, "_ends_at", time.monotonic() - 1)
        with pytest.raises(CannotJudge, match="the time limit"):
            stage.begin(Context(), Scenario())


def test_when_time_is_over_no_scenario_begins(tmp_path: Path) -> None:
    with Stage(Options(time_limit=2.0, began=time.monotonic() - 3), tmp_path) as stage, pytest.raises(CannotJudge, match="2 s"):
        stage.begin(Context(), Scenario())


CLEAN_UPS: dict[str, tuple[BaseException, Entry, str, str]] = {
    "the subject's": (AssertionError("it stays"), PASSED, "blocked", "the clean-up: it stays"),
    "nobody answers": (CannotJudge("it is gone"), PASSED, "blocked", "the clean-up: it is gone"),
    "the harness's": (KeyError("x"), PASSED, "harness error", "the clean-up: 'x'"),
    "of what failed": (KeyError("x"), FAILED, "failed", "Then: it is not"),
}


@pytest.mark.parametrize("case", CLEAN_UPS)
def test_a_clean_up_that_fails_is_told_apart_and_the_scenario_is_recorded(case: str, tmp_path: Path) -> None:
    error, entry, outcome, reason = CLEAN_UPS[case]
    recorded: list[Entry] = []

    async def fail() -> None:
        raise error

    with Stage(Options(), tmp_path) as stage:
        context = Context()
        stage.begin(context, Scenario())
        context.world.defer(fail)
        with pytest.raises(type(error)):
            stage.end(context, entry, Scenario(), recorded.append)
    assert [(each.outcome, each.reason) for each in recorded] == [(outcome, reason)]
    assert recorded[0].account is not None


def test_a_scenario_that_did_not_begin_is_recorded_without_an_account(tmp_path: Path) -> None:
    recorded: list[Entry] = []
    with Stage(Options(), tmp_path) as stage:
        stage.end(Context(), FAILED, Scenario(), recorded.append)
    assert recorded == [FAILED]


def test_what_was_left_running_is_ended_with_the_stage(tmp_path: Path) -> None:
    ended = []

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def begin() -> None:
        tasks.append(asyncio.ensure_future(linger()))
        await asyncio.sleep(0)

    tasks: list[Any] = []
    with Stage(Options(mode="mock"), tmp_path) as stage:
        stage._complete(begin())
        assert not ended
    assert ended == [True]


def test_a_daemon_that_is_not_there_is_no_stage(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotJudge, match="no daemon answers"),
        Stage(Options(mode="live", engine="process", url="http://127.0.0.1:1"), tmp_path),
    ):
        pass
