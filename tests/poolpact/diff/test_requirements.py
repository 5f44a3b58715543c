"""Requirements that come, go, or change their level, side or words."""

from typing import Any

import pytest

from poolpact.diff.changes import BOTH, CONSUMERS, NEITHER, PROVIDERS, Side
from poolpact.diff.errors import CannotCompare
from poolpact.diff.requirements import asides_of, read_requirements, requirement_changes


def entry(level: str = "MUST", side: str = "daemon", **more: Any) -> dict[str, Any]:
    return {"id": "PM-A-1", "level": level, "side": side, "profile": "core", "sentence": "It holds.", "why": "So.", **more}


def changes(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[tuple[str, frozenset[Side], bool]]:
    versions = [read_requirements({"requirements": [one] if one else []}, "it") for one in (old, new)]
    return [(change.what, change.breaks, change.undecided) for change in requirement_changes(*versions)]


CASES: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None, str, frozenset[Side]]] = {
    "a MUST of the daemon is added": (None, entry(), "new MUST", PROVIDERS),
    "a MUST of the orchestrator is added": (None, entry(side="orchestrator"), "new MUST", CONSUMERS),
    "a SHOULD is added": (None, entry("SHOULD"), "new SHOULD", NEITHER),
    "a SHOULD of the daemon becomes a MUST": (entry("SHOULD"), entry(), "level", PROVIDERS),
    "a SHOULD of the orchestrator becomes a MUST": (
        entry("SHOULD", "orchestrator"),
        entry("MUST", "orchestrator"),
        "level",
        CONSUMERS,
    ),
    "a MUST of the daemon becomes a SHOULD": (entry(), entry("SHOULD"), "level", CONSUMERS),
    "a MUST of the orchestrator becomes a SHOULD": (
        entry("MUST", "orchestrator"),
        entry("SHOULD", "orchestrator"),
        "level",
        PROVIDERS,
    ),
    "a MUST of the daemon is removed": (entry(), None, "MUST removed", CONSUMERS),
    "a MUST of the orchestrator is removed": (entry(side="orchestrator"), None, "MUST removed", PROVIDERS),
    "a SHOULD is removed": (entry("SHOULD"), None, "SHOULD removed", NEITHER),
    "a MUST goes to the other side": (entry(), entry(side="orchestrator"), "side", BOTH),
    "a MUST goes to another profile": (entry(), entry(profile="leases"), "profile", BOTH),
    "a SHOULD goes to another profile": (entry("SHOULD"), entry("SHOULD", profile="leases"), "profile", NEITHER),
    "a SHOULD is worded anew": (entry("SHOULD"), entry("SHOULD", sentence="It does."), "sentence", NEITHER),
}


@pytest.mark.parametrize("case", CASES)
def test_whom_a_change_breaks(case: str) -> None:
    old, new, what, breaks = CASES[case]
    assert changes(old, new) == [(what, breaks, False)]


def test_whether_a_must_that_is_worded_anew_is_the_same_cannot_be_decided() -> None:
    assert changes(entry(), entry(sentence="It holds always.")) == [("sentence", BOTH, True)]


def test_how_it_is_judged_and_why_it_is_there_is_wording() -> None:
    old, new = entry(needs="url"), entry(needs="command", why="Because.", sentence="It\n  holds.")
    assert changes(old, new) == []
    assert set(asides_of("PM-A-1", old)) ^ set(asides_of("PM-A-1", new)) == {
        ("PM-A-1 why", "So."),
        ("PM-A-1 why", "Because."),
        ("PM-A-1 needs", "url"),
        ("PM-A-1 needs", "command"),
    }


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"requirements": {}},
        {"requirements": ["PM-A-1"]},
        {"requirements": [{"id": "PM-A-1"}]},
        {"requirements": [entry(side="engine")]},
        {"requirements": [entry("MAY")]},
        {"requirements": [entry(), entry()]},
    ],
)
def test_what_is_no_list_of_requirements_is_named(document: Any) -> None:
    with pytest.raises(CannotCompare, match=r"^it: requirements\.yaml"):
        read_requirements(document, "it")
