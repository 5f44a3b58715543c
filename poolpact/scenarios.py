"""Behave's scenarios as the ledger sees them."""

from collections.abc import Mapping
from typing import Any

from behave.model_type import Status

from poolpact.ledger import Entry, Outcome
from poolpact.requirements import Requirement
from poolpact.targets.base import CannotJudge


def requirement_of(scenario: Any, requirements: Mapping[str, Requirement]) -> Requirement:
    """The one requirement that ``scenario`` judges; raises CannotJudge."""
    ids = [tag for tag in scenario.effective_tags if tag in requirements]
    if len(ids) != 1:
        raise CannotJudge(f"{scenario.location}: a Rule carries the id of one requirement as its tag, this has {len(ids)}")
    return requirements[ids[0]]


def place_of(scenario: Any) -> str:
    """Where ``scenario`` is, and its name."""
    return f"{scenario.location} {scenario.name}"


def entry_of(requirement: Requirement, scenario: Any) -> Entry:
    """What came of ``scenario``, whose steps are over."""
    place = place_of(scenario)
    for step in scenario.all_steps:
        if step.status.has_failed() or step.status.is_undefined():
            told = step.error_message.strip().splitlines()[-1] if step.error_message else "there is no such step"
            outcome: Outcome = "failed" if step.step_type == "then" else "blocked"
            return Entry(requirement.id, place, outcome, f"{step.keyword} {step.name}: {told}")
    if scenario.hook_failed:
        return Entry(requirement.id, place, "blocked", scenario.error_message or "it was interrupted")
    if scenario.status is not Status.passed:
        return Entry(requirement.id, place, "blocked", f"it was {scenario.status.name}, not run to its end")
    return Entry(requirement.id, place, "passed")
