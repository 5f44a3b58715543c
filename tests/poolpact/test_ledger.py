import pytest

from poolpact.ledger import Entry, Ledger, Outcome
from poolpact.requirements import load_requirements

REQUIREMENTS = load_requirements()


def ledger(*entries: Entry) -> Ledger:
    made = Ledger(REQUIREMENTS)
    for entry in entries:
        made.record(entry)
    return made


def entry(outcome: Outcome, requirement: str = "PM-READY-1", reason: str = "") -> Entry:
    return Entry(requirement, "features/x.feature:1 a scenario", outcome, reason)


def test_a_scenario_of_no_requirement_is_refused() -> None:
    with pytest.raises(KeyError):
        ledger(entry("passed", "PM-NONE-1"))


@pytest.mark.parametrize(
    ("outcomes", "green"),
    [
        (["passed"], True),
        (["passed", "not exercised"], True),
        (["not exercised"], False),
        ([], False),
        (["passed", "failed"], False),
        (["passed", "blocked"], False),
    ],
)
def test_green_is_that_something_passed_and_nothing_failed_or_was_blocked(outcomes: list[Outcome], green: bool) -> None:
    assert ledger(*(entry(outcome) for outcome in outcomes)).green is green


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (["passed", "failed", "blocked"], "failed"),
        (["passed", "blocked"], "blocked"),
        (["not exercised", "passed"], "passed"),
        (["not exercised"], "not exercised"),
    ],
)
def test_the_verdict_of_a_requirement_is_its_worst_outcome(outcomes: list[Outcome], verdict: Outcome) -> None:
    assert ledger(*(entry(outcome) for outcome in outcomes)).verdicts() == {"PM-READY-1": verdict}


def test_a_failure_is_told_with_the_requirement_and_its_sentence() -> None:
    told = "\n".join(ledger(entry("failed", reason="Then it is ready: it is not")).report())
    assert "FAILED PM-READY-1 (MUST): A pool is not ready before" in told
    assert "features/x.feature:1 a scenario" in told
    assert "Then it is ready: it is not" in told


def test_what_is_blocked_accuses_no_requirement() -> None:
    told = "\n".join(ledger(entry("blocked", reason="Given a pool manager: it is not there")).report())
    assert "BLOCKED PM-READY-1: not exercised" in told
    assert "FAILED" not in told


def test_what_is_not_exercised_is_counted_by_reason() -> None:
    made = ledger(
        entry("not exercised", "PM-READY-1", "needs a"),
        entry("not exercised", "PM-READY-1", "needs a"),
        entry("not exercised", "PM-READY-2", "needs a"),
        entry("not exercised", "PM-READY-2", "needs b"),
    )
    assert made.report() == [
        "not exercised, 3: needs a: PM-READY-1 (2), PM-READY-2",
        "not exercised, 1: needs b: PM-READY-2",
    ]


def test_the_summary_is_one_line_with_every_count() -> None:
    made = ledger(entry("passed"), entry("failed", "PM-READY-2"), entry("not exercised", "PM-READY-5"))
    summary = made.summary("mode live", 1.25)
    assert summary == ("mode live: scenarios: 1 passed, 1 failed, 0 blocked, 1 not exercised; 1 of 3 requirements hold; 1.2 s")
