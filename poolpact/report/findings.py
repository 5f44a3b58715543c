"""Questions that every way of showing a report asks of it. Pure functions over the document."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from poolpact.report.document import Document

VERDICTS = {
    "passed": "passed",
    "failed": "failed",
    "harness_error": "harness error",
    "not_exercised": "not exercised",
    "not_testable": "not testable",
    "not_claimed": "not claimed",
}
"""The six verdicts in the order in which they are shown, and how they are said."""
NOT_JUDGED = "not_judged"
"""Where a requirement stands that this invocation cannot see; it is no verdict, and does not count."""
STANDINGS = {**VERDICTS, NOT_JUDGED: "not judged"}
"""Where a requirement may stand, and how it is said."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A requirement that did not come through, and those of its scenarios that say why; none where no scenario of its does."""

    requirement: dict[str, Any]
    scenarios: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """An exchange, and those right after it that were the same but for their times and headers, as when a status is polled."""

    exchange: dict[str, Any]
    again: tuple[dict[str, Any], ...]


def standing(requirement: dict[str, Any]) -> str:
    """The verdict of a requirement, or NOT_JUDGED."""
    return str(requirement["verdict"]) if requirement["counts"] else NOT_JUDGED


def tally(document: Document) -> Counter[str]:
    """How many requirements stand where."""
    return Counter(standing(requirement) for requirement in document["requirements"])


def profiles(document: Document) -> dict[str, list[dict[str, Any]]]:
    """The requirements by profile, both in the order of the document."""
    found: dict[str, list[dict[str, Any]]] = {}
    for requirement in document["requirements"]:
        found.setdefault(requirement["profile"], []).append(requirement)
    return found


def is_known(requirement: dict[str, Any]) -> bool:
    """Whether the known-failures file lists it."""
    return requirement.get("known") is not None


def scenarios_of(document: Document) -> dict[str, list[dict[str, Any]]]:
    """The scenarios by the id of their requirement."""
    found: dict[str, list[dict[str, Any]]] = {}
    for scenario in document["scenarios"]:
        found.setdefault(scenario["requirement"], []).append(scenario)
    return found


def failures(document: Document) -> list[Trouble]:
    """The requirements that failed, each with its scenarios that failed; first those that make the subject not conformant."""
    return sorted(_troubles(document, "failed"), key=lambda trouble: _weight(trouble.requirement))


def unjudged(document: Document) -> list[Trouble]:
    """The requirements without a verdict because of what happened in a scenario: it was blocked, or the harness failed."""
    broken = list(_troubles(document, "harness_error"))
    blocked = [
        Trouble(trouble.requirement, begun)
        for trouble in _troubles(document, "not_exercised")
        if (begun := tuple(scenario for scenario in trouble.scenarios if scenario.get("step")))
    ]
    return broken + blocked


def reason_of(scenario: dict[str, Any]) -> str:
    """Why a scenario ended, to be shown below its step: without the step."""
    return str(scenario["reason"]).removeprefix(f"{scenario.get('step')}: ")


def runs(transcript: Iterable[dict[str, Any]]) -> list[Run]:
    """A transcript, in which what was asked over and over is one run."""
    told = ("from", "method", "target", "status", "body", "answer_body", "error")
    groups = groupby(transcript, lambda exchange: tuple(exchange.get(member) for member in told))
    return [Run(first, tuple(again)) for _, (first, *again) in groups]


def replay_of(document: Document, scenario: dict[str, Any]) -> str | None:
    """The command that runs ``scenario`` again, where the report says how."""
    command = document.get("replay")
    return None if command is None else str(command).replace("{id}", shlex.quote(scenario["id"]))


def outcome_in_words(document: Document) -> str:
    """One sentence: what the verdict rests on."""
    counted = [requirement for requirement in document["requirements"] if requirement["counts"]]
    musts = [each for each in counted if each["level"] == "MUST" and not is_known(each)]
    failed = sum(each["verdict"] == "failed" for each in musts)
    broken = sum(each["verdict"] == "harness_error" for each in counted)
    missing = sum(each["verdict"] in ("not_testable", "not_exercised") for each in musts)
    warned = sum(each["verdict"] == "failed" for each in counted if each["level"] == "SHOULD" and not is_known(each))
    known = sum(each["verdict"] != "passed" for each in counted if is_known(each))
    stale = len(document["known_failures"]["stale"])
    complaints = len(document.get("complaints", ()))
    passed = sum(each["verdict"] == "passed" for each in counted)
    in_part = sum(each["verdict"] == "passed" and each["reason"] != "" for each in counted)
    claimed = sum(each["verdict"] != "not_claimed" for each in counted)
    parts = [
        (failed, f"{many(failed, 'MUST')} failed"),
        (broken, f"{many(broken, 'requirement')} ended in a harness error"),
        (complaints, f"{many(complaints, 'complaint')} about the judge"),
        (missing, f"{many(missing, 'claimed MUST')} could not be tested or exercised"),
        (stale, f"{many(stale, 'known failure')} {'is' if stale == 1 else 'are'} stale"),
        (warned, f"{many(warned, 'SHOULD')} failed, which is a warning"),
        (known, f"{many(known, 'known failure')} {'is' if known == 1 else 'are'} listed"),
    ]
    said = [text for count, text in parts if count]
    partly = f", {in_part} of them in part" if in_part else ""
    return "; ".join([*said, f"{passed} of {many(claimed, 'claimed requirement')} passed{partly}"])


def many(number: int, noun: str) -> str:
    """``1 thing``, ``2 things``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _troubles(document: Document, verdict: str) -> Iterator[Trouble]:
    scenarios = scenarios_of(document)
    for requirement in document["requirements"]:
        own = tuple(each for each in scenarios.get(requirement["id"], ()) if each["verdict"] == verdict)
        if requirement["verdict"] == verdict or own:
            yield Trouble(requirement, own)


def _weight(requirement: dict[str, Any]) -> int:
    return 2 if is_known(requirement) else 1 if requirement["level"] == "SHOULD" else 0
