"""Two runs side by side."""

from typing import Any

import pytest

from poolpact.report.comparison import CannotCompare, as_json, as_text, compare
from tests.poolpact.report.documents import document, every_verdict, requirement, scenario


def of(verdict: str | None, **members: Any) -> dict[str, Any]:
    """A run in which PM-A-1 stands at ``verdict``; None: it has no such requirement."""
    others = [requirement("PM-Z-9")]
    return document(others if verdict is None else [requirement("PM-A-1", verdict, **members), *others])


DIRECTIONS = {
    ("passed", "failed"): "worse",
    ("passed", "not_exercised"): "worse",
    ("passed", "not_testable"): "worse",
    ("passed", "not_claimed"): "worse",
    ("passed", "harness_error"): "worse",
    ("not_claimed", "failed"): "worse",
    ("not_exercised", "harness_error"): "worse",
    ("harness_error", "failed"): "worse",
    ("failed", "passed"): "better",
    ("not_exercised", "passed"): "better",
    ("harness_error", "passed"): "better",
    ("failed", "not_exercised"): "changed",
    ("failed", "not_claimed"): "changed",
    ("failed", "harness_error"): "changed",
    ("harness_error", "not_exercised"): "changed",
    ("not_testable", "not_claimed"): "changed",
}


@pytest.mark.parametrize(("before", "after"), DIRECTIONS)
def test_a_requirement_gets_better_or_worse(before: str, after: str) -> None:
    (change,) = compare(of(before), of(after)).changes
    assert (change.id, change.direction, change.before, change.after) == ("PM-A-1", DIRECTIONS[before, after], before, after)


@pytest.mark.parametrize("verdict", ["passed", "failed", "not_claimed", "not_testable", "not_exercised", "harness_error"])
def test_what_stayed_is_no_change(verdict: str) -> None:
    comparison = compare(of(verdict), of(verdict))
    assert comparison.changes == ()
    assert not comparison.worse


def test_what_is_not_judged_is_neither_better_nor_worse() -> None:
    unseen = of("not_testable", counts=False)
    assert [change.direction for change in compare(of("passed"), unseen).changes] == ["changed"]
    assert [change.direction for change in compare(unseen, of("passed")).changes] == ["changed"]
    assert [change.direction for change in compare(of("not_testable"), unseen).changes] == ["changed"]
    assert [change.direction for change in compare(unseen, of("failed")).changes] == ["worse"]


def test_requirements_come_and_go() -> None:
    assert [(change.direction, change.after) for change in compare(of(None), of("passed")).changes] == [("new", "passed")]
    assert [(change.direction, change.before) for change in compare(of("passed"), of(None)).changes] == [("gone", "passed")]
    assert not compare(of(None), of("passed")).worse
    assert not compare(of("passed"), of(None)).worse


def test_a_new_requirement_that_fails_is_worse_by_the_verdict() -> None:
    comparison = compare(of(None), of("failed"))
    assert [change.direction for change in comparison.changes] == ["new"]
    assert comparison.verdict == "worse"
    assert comparison.worse


def test_scenarios_are_compared_where_their_requirement_stayed() -> None:
    def run(*verdicts: str) -> dict[str, Any]:
        scenarios = [scenario("PM-A-1", number, verdict) for number, verdict in enumerate(verdicts, start=1)]
        return document([requirement("PM-A-1", "failed")], scenarios)

    changes = compare(run("failed", "passed", "failed"), run("failed", "failed", "passed", "passed")).changes
    assert [(change.id[-1], change.direction) for change in changes] == [("2", "worse"), ("3", "better"), ("4", "new")]
    assert compare(run("failed", "passed"), run("failed", "failed")).worse
    moved = compare(document([requirement("PM-A-1")], [scenario("PM-A-1")]), run("failed"))
    assert [change.kind for change in moved.changes] == ["requirement"]


RANKED = ["could not judge", "not conformant", "incomplete", "conformant"]


@pytest.mark.parametrize("before", RANKED)
@pytest.mark.parametrize("after", RANKED)
def test_the_verdict_counts_too(before: str, after: str) -> None:
    runs = [document([requirement("PM-A-1")], verdict=verdict) for verdict in (before, after)]
    assert compare(runs[0], runs[1]).worse is (RANKED.index(after) < RANKED.index(before))


def test_a_daemon_is_not_compared_with_an_orchestrator() -> None:
    orchestrator = document([requirement("OR-A-1", profile="health")], subject="orchestrator", mode="mock")
    with pytest.raises(CannotCompare, match="the first report is about a daemon and the second about an orchestrator"):
        compare(of("passed"), orchestrator)


def test_people_read_what_got_worse_first() -> None:
    before = document(
        [requirement("PM-A-1"), requirement("PM-B-1", "failed"), requirement("PM-C-1")],
        profiles=["core", "leases"],
        version="0.3.0",
    )
    after = document(
        [requirement("PM-A-1", "failed", reason="ready \x1b[31mtoo early"), requirement("PM-B-1"), requirement("PM-D-1")],
        profiles=["auth", "core"],
        version="0.4.0",
        suite_version="0.2.0",
    )
    assert as_text(compare(before, after)).plain.split("\n") == [
        "pool-managerd 0.3.0 → pool-managerd 0.4.0",
        "suite: 0.1.0 → 0.2.0; requirements and scenarios may differ for that alone",
        "profiles claimed now: auth",
        "profiles claimed no longer: leases",
        "",
        "worse: 1 requirement",
        "  PM-A-1: passed → failed: What PM-A-1 says holds.",
        "      ready \\x1b[31mtoo early",
        "",
        "better: 1 requirement",
        "  PM-B-1: failed → passed: What PM-B-1 says holds.",
        "",
        "new: 1 requirement",
        "  PM-D-1: passed: What PM-D-1 says holds.",
        "",
        "gone: 1 requirement",
        "  PM-C-1: passed: What PM-C-1 says holds.",
        "",
        "verdict: not conformant, as before; 1 worse, 1 better",
    ]


def test_programs_read_the_same() -> None:
    told = as_json(compare(every_verdict(), every_verdict()))
    assert told["verdict"] == "same"
    assert told["profiles"] == {"added": [], "dropped": []}
    assert told["before"] == told["after"]
    assert all(told[direction] == [] for direction in ("worse", "better", "changed", "new", "gone"))
    (worse,) = as_json(compare(of("passed"), of("failed", known="yes")))["worse"]
    assert worse["id"] == "PM-A-1"
    assert worse["known"] is True
