from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import get_args

import pytest

from poolpact.account import Account
from poolpact.judge.known_failures import KnownFailures
from poolpact.judge.verdicts import EXIT_CODES, Finding, Judgement, Outcome, Verdict, judge, reason_of, verdict_of
from poolpact.ledger import Entry
from poolpact.ledger import Outcome as ScenarioOutcome
from poolpact.notices.notice import Notice
from poolpact.requirements import load_requirements

EVERY = load_requirements()
MUST, OTHER, SHOULD, OF_AUTH, OF_SOURCE = "PM-READY-1", "PM-STATUS-1", "PM-STATUS-6", "PM-AUTH-1", "PM-AUTH-3"
HEARD = Account(0.1, 1, {("GET", "/health", 200): 1})
UNHEARD = Account(0.1, 1)


def entry(outcome: ScenarioOutcome, requirement: str = MUST, **members: object) -> Entry:
    made = Entry(
        requirement,
        "features/daemon/x.feature:1 a scenario",
        outcome,
        "" if outcome == "passed" else f"why {outcome}",
        account=HEARD,
    )
    return replace(made, **members)  # type: ignore[arg-type]


def not_run(kind: str, requirement: str = MUST) -> Entry:
    return entry("not exercised", requirement, kind=kind, account=None, reason=f"no {kind}")


def judged(
    *entries: Entry,
    requirements: Collection[str] = (MUST,),
    profiles: Collection[str] = ("core",),
    known: Mapping[str, str] | None = None,
    complaints: Collection[str] = (),
) -> Judgement:
    wanted = [EVERY[name] for name in requirements]
    return judge(wanted, entries, profiles, KnownFailures(None, known or {}), EVERY, tuple(complaints))


def finding(*entries: Entry, requirement: str = MUST) -> Finding:
    return judged(*entries, requirements=[requirement]).findings[0]


# --- one requirement ----------------------------------------------------------------------------------------------

UNHEARD_PASS = entry("passed", account=UNHEARD)
ACCUSED = entry("passed", account=replace(HEARD, notices=(Notice(MUST, "it hammered", accuses=True),)))
NOTICED = entry("passed", account=replace(HEARD, notices=(Notice(MUST, "it whispered", accuses=False),)))

OF_ONE: dict[str, tuple[list[Entry], Verdict, str]] = {
    "passed": ([entry("passed")], "passed", ""),
    "failed": ([entry("failed")], "failed", "why failed"),
    "failed among those that passed": ([entry("passed"), entry("failed"), entry("passed")], "failed", "why failed"),
    "failed beats all": (
        [entry("harness error"), entry("blocked"), not_run("setting"), ACCUSED, entry("failed")],
        "failed",
        "why failed",
    ),
    "failed twice": ([entry("failed"), entry("failed", reason="other")], "failed", "why failed (and 1 more scenario)"),
    "failed thrice": ([entry("failed")] * 3, "failed", "why failed (and 2 more scenarios)"),
    "accused by what was noticed": ([ACCUSED, entry("harness error")], "failed", "it hammered"),
    "noticed and not accused": ([NOTICED], "passed", ""),
    "an error of the harness beats blocked": ([entry("blocked"), entry("harness error")], "harness_error", "why harness error"),
    "passed without evidence": (
        [entry("passed"), UNHEARD_PASS, entry("blocked")],
        "harness_error",
        "it passed without an answer",
    ),
    "passed and nothing was recorded": ([entry("passed", account=None)], "harness_error", "it passed without"),
    "blocked beats passed": ([entry("passed"), entry("blocked")], "not_exercised", "why blocked"),
    "passed beats not run": ([not_run("mode"), entry("passed"), not_run("setting")], "passed", "1 more scenario not run"),
    "nobody told the setting": ([not_run("mode"), not_run("setting")], "not_testable", "no setting"),
    "not in this mode": ([not_run("mode")], "not_testable", "no mode"),
    "not by this invocation": ([not_run("invocation")], "not_testable", "no invocation"),
    "not without another profile": ([not_run("profile")], "not_testable", "no profile"),
    "no scenario": ([], "not_testable", "no scenario of the suite judges it"),
    "another's scenario": ([entry("failed", OTHER)], "not_testable", "no scenario of the suite judges it"),
}


@pytest.mark.parametrize("case", OF_ONE)
def test_the_verdict_of_a_requirement(case: str) -> None:
    entries, verdict, reason = OF_ONE[case]
    found = finding(*entries)
    assert found.verdict == verdict
    assert found.reason.startswith(reason)
    assert bool(found.reason) is bool(reason)


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_scenarios_does_not_matter(order: int) -> None:
    worst = [entry("passed"), not_run("setting"), entry("blocked"), entry("harness error"), entry("failed")]
    for many in range(1, len(worst) + 1):
        expected = ("passed", "passed", "not_exercised", "harness_error", "failed")[many - 1]
        assert finding(*worst[:many][::order]).verdict == expected


@pytest.mark.parametrize(("kind", "counts"), [("setting", True), ("mode", False), ("invocation", False), ("profile", False)])
def test_what_the_caller_could_have_said_counts_what_this_invocation_cannot_see_does_not(kind: str, counts: bool) -> None:
    assert finding(not_run(kind)).counts is counts


def test_of_what_passed_it_is_told_what_would_let_more_of_it_run() -> None:
    entries = [
        entry("passed"),
        *[not_run("setting")] * 2,
        not_run("invocation"),
        not_run("profile"),  # what is not claimed is nobody's omission
        not_run("mode"),  # nor what no check can run
    ]
    told = finding(*entries)
    assert told.verdict == "passed"
    assert told.reason == "2 more scenarios not run: no setting; 1 more scenario not run: no invocation"


def test_what_is_noticed_accuses_the_requirement_that_it_is_about() -> None:
    judgement = judged(replace(ACCUSED, requirement_id=OTHER), entry("passed"), requirements=BOTH)
    assert [(each.requirement.id, each.verdict, each.reason) for each in judgement.findings] == [
        (MUST, "failed", "it hammered"),
        (OTHER, "passed", ""),
    ]


def test_what_needs_the_source_is_not_judged_and_says_so() -> None:
    found = judged(requirements=[OF_SOURCE], profiles=["auth"]).findings[0]
    assert (found.verdict, found.counts) == ("not_testable", False)
    assert found.reason.startswith("needs the source")


def test_what_is_not_claimed_is_never_accused() -> None:
    found = judged(entry("failed", OF_AUTH), requirements=[OF_AUTH]).findings[0]
    assert (found.verdict, found.entries) == ("not_claimed", ())
    assert found.reason == "the daemon does not claim the profile auth"


# --- one scenario -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "verdict"),
    [
        (entry("passed"), "passed"),
        (UNHEARD_PASS, "harness_error"),
        (entry("failed", account=UNHEARD), "failed"),
        (entry("failed", account=None), "failed"),
        (entry("blocked", account=None), "not_exercised"),
        (entry("harness error"), "harness_error"),
        (not_run("profile"), "not_claimed"),
        (not_run("setting"), "not_testable"),
        (not_run("mode"), "not_testable"),
    ],
)
def test_the_verdict_of_a_scenario(of: Entry, verdict: Verdict) -> None:
    assert verdict_of(of) == verdict
    assert bool(reason_of(of)) is (verdict != "passed")


# --- the whole ----------------------------------------------------------------------------------------------------

BOTH = (MUST, OTHER)
OF_ALL: dict[str, tuple[Judgement, Outcome]] = {
    "all passed": (judged(entry("passed"), entry("passed", OTHER), requirements=BOTH), "conformant"),
    "a MUST failed": (judged(entry("passed"), entry("failed", OTHER), requirements=BOTH), "not conformant"),
    "a failed MUST beats an error of the harness": (
        judged(entry("harness error"), entry("failed", OTHER), requirements=BOTH),
        "not conformant",
    ),
    "a failed MUST beats a complaint": (judged(entry("failed"), complaints=["a worker was lost"]), "not conformant"),
    "a failed MUST beats what is missing": (
        judged(entry("blocked"), entry("failed", OTHER), requirements=BOTH),
        "not conformant",
    ),
    "an error of the harness": (judged(entry("harness error"), entry("passed", OTHER), requirements=BOTH), "could not judge"),
    "an error of the harness beats what is missing": (
        judged(entry("harness error"), entry("blocked", OTHER), requirements=BOTH),
        "could not judge",
    ),
    "an error of the harness in a SHOULD": (judged(entry("harness error", SHOULD), requirements=[SHOULD]), "could not judge"),
    "passed without evidence": (judged(UNHEARD_PASS), "could not judge"),
    "a complaint": (judged(entry("passed"), complaints=["a worker was lost"]), "could not judge"),
    "a MUST was blocked": (judged(entry("blocked"), entry("passed", OTHER), requirements=BOTH), "incomplete"),
    "nobody told what a MUST needs": (judged(not_run("setting"), entry("passed", OTHER), requirements=BOTH), "incomplete"),
    "what this invocation cannot see": (judged(not_run("invocation"), entry("passed", OTHER), requirements=BOTH), "conformant"),
    "a SHOULD failed": (judged(entry("failed", SHOULD), entry("passed"), requirements=[MUST, SHOULD]), "conformant"),
    "a SHOULD was blocked": (judged(entry("blocked", SHOULD), entry("passed"), requirements=[MUST, SHOULD]), "conformant"),
    "an unclaimed MUST failed": (
        judged(entry("failed", OF_AUTH), entry("passed"), requirements=[MUST, OF_AUTH]),
        "conformant",
    ),
}


@pytest.mark.parametrize("case", OF_ALL)
def test_the_outcome_of_a_run(case: str) -> None:
    judgement, outcome = OF_ALL[case]
    assert judgement.outcome == outcome
    assert judgement.exit_code == EXIT_CODES[outcome]


def test_exit_codes_are_those_of_the_design() -> None:
    assert {EXIT_CODES[outcome] for outcome in get_args(Outcome)} == {0, 1, 2}
    assert [EXIT_CODES[outcome] for outcome in ("conformant", "not conformant", "incomplete", "could not judge")] == [0, 1, 1, 2]


# --- known failures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("came", [entry("failed"), entry("blocked"), not_run("setting"), ACCUSED])
def test_what_is_known_may_fail_or_be_missing(came: Entry) -> None:
    judgement = judged(came, entry("passed", OTHER), requirements=BOTH, known={MUST: "slow disks"})
    assert judgement.outcome == "conformant"
    assert judgement.findings[0].known == "slow disks"
    assert judgement.findings[0].verdict != "passed"


def test_what_is_known_of_one_excuses_no_other() -> None:
    judgement = judged(entry("failed"), entry("failed", OTHER), requirements=BOTH, known={MUST: "slow disks"})
    assert judgement.outcome == "not conformant"


def test_an_error_of_the_harness_is_no_known_failure() -> None:
    assert judged(entry("harness error"), known={MUST: "slow disks"}).outcome == "could not judge"


def test_what_is_known_and_passes_is_red() -> None:
    judgement = judged(entry("passed"), known={MUST: "slow disks"})
    assert (judgement.outcome, judgement.stale) == ("not conformant", (MUST,))


def test_a_known_should_that_passes_is_red_as_well() -> None:
    assert judged(entry("passed", SHOULD), requirements=[SHOULD], known={SHOULD: "later"}).outcome == "not conformant"


@pytest.mark.parametrize("name", ["PM-NONE-1", "pm-ready-1", "PM-READY-1 ", "core", "<<"])
def test_what_is_known_and_is_no_requirement_is_red(name: str) -> None:
    judgement = judged(entry("passed"), known={name: "it was renamed"})
    assert (judgement.outcome, judgement.stale) == ("not conformant", (name,))


def test_a_list_may_be_longer_than_what_is_judged() -> None:
    """One file serves runs of one requirement, of other profiles, and of the other side."""
    known = {OTHER: "not judged here", OF_AUTH: "not claimed", OF_SOURCE: "not seen", "OR-REQ-1": "of the orchestrator"}
    judgement = judged(entry("passed"), requirements=[MUST, OF_AUTH, OF_SOURCE], profiles=["core"], known=known)
    assert (judgement.outcome, judgement.stale) == ("conformant", ())


# --- is it about something? ---------------------------------------------------------------------------------------


def test_a_profile_of_which_nothing_counts_cannot_be_judged() -> None:
    judgement = judged(
        entry("passed"), not_run("invocation", OF_AUTH), requirements=[MUST, OF_AUTH, OF_SOURCE], profiles=["core", "auth"]
    )
    assert judgement.unjudgeable(["core", "auth", "devices"]) == ["auth", "devices"]


def test_a_profile_that_misses_a_setting_can_be_judged() -> None:
    judgement = judged(not_run("setting", OF_AUTH), requirements=[OF_AUTH], profiles=["auth"])
    assert judgement.unjudgeable(["auth"]) == []
    assert judgement.is_about_something


@pytest.mark.parametrize(
    "judgement",
    [
        judged(requirements=()),
        judged(not_run("invocation")),
        judged(entry("failed", OF_AUTH), requirements=[OF_AUTH]),
        judged(requirements=[OF_SOURCE], profiles=["auth"]),
    ],
)
def test_what_nobody_judged_is_about_nothing(judgement: Judgement) -> None:
    assert not judgement.is_about_something


@pytest.mark.parametrize("case", OF_ALL)
def test_every_verdict_is_about_something(case: str) -> None:
    assert OF_ALL[case][0].is_about_something
