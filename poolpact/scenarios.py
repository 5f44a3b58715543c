"""Behave's scenarios as the ledger sees them."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from behave.model_type import Status

from poolpact.errors import PoolpactError
from poolpact.ledger import Entry, Outcome
from poolpact.requirements import Requirement
from poolpact.targets.base import CannotJudge

_EXAMPLE = re.compile(r" -- @[0-9.]+ ?.*$")
_SIGNS = re.compile(r"[^a-z0-9]+")
_PLAIN = re.compile(r"[a-z0-9 ,'-]+", re.IGNORECASE)
_LONGEST_WORDS = 80
INTERRUPTED = "interrupted"
"""Why a scenario was not run to its end, where the run was told to end before."""


def requirement_of(scenario: Any, requirements: Mapping[str, Requirement]) -> Requirement:
    """The one requirement that ``scenario`` judges; raises CannotJudge."""
    ids = [tag for tag in scenario.effective_tags if tag in requirements]
    if len(ids) != 1:
        raise CannotJudge(f"{scenario.location}: a Rule carries the id of one requirement as its tag, this has {len(ids)}")
    return requirements[ids[0]]


def place_of(scenario: Any) -> str:
    """Where ``scenario`` is, and its name."""
    return f"{scenario.location} {scenario.name}"


def words_of(name: str) -> str:
    """The name of a scenario without the number that behave gives to an example of an outline."""
    return _EXAMPLE.sub("", name).strip()


def id_of(requirement: Requirement, scenario: Any) -> str:
    """A name of ``scenario`` that stays as long as its words do: the requirement, and these in plain letters.

    Where signs are lost that might tell it from another, the beginning of a hash of the words stands for them.
    """
    name = words_of(scenario.name)
    words = _SIGNS.sub("-", name.lower()).strip("-")[:_LONGEST_WORDS].rstrip("-")
    lost = "" if _PLAIN.fullmatch(name) else f"~{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return f"{requirement.id}:{words}{lost}"


def entry_of(requirement: Requirement, scenario: Any) -> Entry:
    """What came of ``scenario``, whose steps are over.

    Only what a step expects and does not find is held against a subject. Any other exception is an error of the harness.
    """
    place, name = place_of(scenario), id_of(requirement, scenario)
    for step in scenario.all_steps:
        if isinstance(step.exception, KeyboardInterrupt):
            return Entry(requirement.id, place, "blocked", INTERRUPTED, name)
        if step.status.has_failed() or step.status.is_undefined():
            return Entry(requirement.id, place, _outcome_of(step), f"{step.keyword} {step.name}: {_told_by(step)}", name)
    if scenario.hook_failed:
        is_subjects = isinstance(scenario.exception, AssertionError | PoolpactError | None)
        outcome: Outcome = "blocked" if is_subjects else "harness error"
        told = str(scenario.exception or scenario.error_message or INTERRUPTED)
        return Entry(requirement.id, place, outcome, told, name)
    if scenario.status is not Status.passed:
        return Entry(requirement.id, place, "blocked", f"it was {scenario.status.name}, not run to its end", name)
    return Entry(requirement.id, place, "passed", scenario_id=name)


def _told_by(step: Any) -> str:
    """What went wrong: all that an expectation says, which may be several lines, and of anything else the last one."""
    if isinstance(step.exception, AssertionError | PoolpactError) and str(step.exception).strip():
        return str(step.exception)
    return str(step.error_message).strip().splitlines()[-1] if step.error_message else "there is no such step"


def _outcome_of(step: Any) -> Outcome:
    if step.status is not Status.failed and not isinstance(step.exception, PoolpactError):
        return "harness error"
    return "failed" if step.step_type == "then" else "blocked"
