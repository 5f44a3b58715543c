"""What is asked of a document."""

from typing import Any

import pytest

from poolpact.report.findings import failures, outcome_in_words, profiles, reason_of, replay_of, runs, standing, tally, unjudged
from tests.poolpact.report.documents import document, every_verdict, exchange, requirement, scenario


def test_what_is_not_judged_is_apart_from_the_verdicts() -> None:
    assert tally(every_verdict()) == {
        "passed": 1,
        "failed": 3,
        "harness_error": 1,
        "not_exercised": 1,
        "not_testable": 1,
        "not_claimed": 1,
        "not_judged": 1,
    }
    assert standing(every_verdict()["requirements"][-1]) == "not_judged"


def test_profiles_keep_the_order_of_the_document() -> None:
    assert list(profiles(every_verdict())) == ["core", "leases", "lifecycle", "auth"]


def test_a_must_that_nobody_knew_of_comes_first() -> None:
    assert [trouble.requirement["id"] for trouble in failures(every_verdict())] == ["PM-READY-1", "PM-STATUS-7", "PM-READY-2"]


def test_a_requirement_may_fail_without_a_scenario_that_does() -> None:
    (trouble,) = failures(document([requirement("PM-A-1", "failed")], [scenario("PM-A-1")]))
    assert trouble.scenarios == ()


def test_what_was_blocked_and_what_the_harness_broke_is_without_a_verdict() -> None:
    assert [trouble.requirement["id"] for trouble in unjudged(every_verdict())] == ["PM-READY-3", "PM-READY-4"]


def test_what_never_began_explains_nothing() -> None:
    assert unjudged(document([requirement("PM-A-1", "not_exercised")], [scenario("PM-A-1", 1, "not_exercised")])) == []


def test_a_scenario_that_the_harness_broke_is_shown_beside_one_that_failed() -> None:
    both = document([requirement("PM-A-1", "failed")], [scenario("PM-A-1", 1, "failed"), scenario("PM-A-1", 2, "harness_error")])
    assert [each["id"] for each in failures(both)[0].scenarios] == ["PM-A-1/scenario-1"]
    assert [each["id"] for each in unjudged(both)[0].scenarios] == ["PM-A-1/scenario-2"]


def test_an_id_is_quoted_for_the_shell() -> None:
    odd = scenario("PM-A-1", id="PM-A-1/it's; rm -rf")
    told = document([requirement("PM-A-1")], [odd])
    assert replay_of(told, odd) == """poolpact check daemon --url http://127.0.0.1:9200 --replay 'PM-A-1/it'"'"'s; rm -rf'"""
    del told["replay"]
    assert replay_of(told, odd) is None


def test_a_run_ends_where_an_answer_differs() -> None:
    answers = ["loading", "loading", "ready", "loading", "loading", "loading"]
    transcript = [exchange(at=at, answer_body=answer, headers={"n": str(at)}) for at, answer in enumerate(answers)]
    assert [(run.exchange["at"], len(run.again)) for run in runs(transcript)] == [(0, 1), (2, 0), (3, 2)]
    assert runs([]) == []


@pytest.mark.parametrize("reason", ["Then it holds: it did not", "it did not"])
def test_a_reason_is_shown_below_its_step_and_need_not_name_it(reason: str) -> None:
    assert reason_of(scenario("PM-A-1", 1, "failed", step="Then it holds", reason=reason)) == "it did not"


OUTCOMES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "all passed": ([requirement("A"), requirement("B")], "2 of 2 claimed requirements passed"),
    "one failed": ([requirement("A", "failed"), requirement("B")], "1 MUST failed; 1 of 2 claimed requirements passed"),
    "in part": (
        [requirement("A", reason="1 more scenario not run: no token"), requirement("B")],
        "2 of 2 claimed requirements passed, 1 of them in part",
    ),
    "a SHOULD": (
        [requirement("A", "failed", level="SHOULD")],
        "1 SHOULD failed, which is a warning; 0 of 1 claimed requirement passed",
    ),
    "known": ([requirement("A", "failed", known="yes")], "1 known failure is listed; 0 of 1 claimed requirement passed"),
    "not claimed": ([requirement("A"), requirement("B", "not_claimed")], "1 of 1 claimed requirement passed"),
    "not judged": ([requirement("A"), requirement("B", "not_testable", counts=False)], "1 of 1 claimed requirement passed"),
    "incomplete": (
        [requirement("A", "not_testable"), requirement("B", "not_exercised")],
        "2 claimed MUSTs could not be tested or exercised; 0 of 2 claimed requirements passed",
    ),
    "broken": (
        [requirement("A", "harness_error")],
        "1 requirement ended in a harness error; 0 of 1 claimed requirement passed",
    ),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_what_the_verdict_rests_on_is_said(case: str) -> None:
    requirements, said = OUTCOMES[case]
    assert outcome_in_words(document(requirements)) == said
