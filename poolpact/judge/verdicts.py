"""From what became of scenarios to the verdict of each requirement, and of the whole. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from poolpact.judge.known_failures import KnownFailures
from poolpact.ledger import Entry
from poolpact.requirements import Requirement

Verdict = Literal["passed", "failed", "not_claimed", "not_testable", "not_exercised", "harness_error"]
Outcome = Literal["conformant", "not conformant", "incomplete", "could not judge"]

EXIT_CODES: Mapping[Outcome, int] = {"conformant": 0, "not conformant": 1, "incomplete": 1, "could not judge": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one requirement.

    ``counts`` is False where this invocation cannot see it: it is then not judged. ``known`` is the reason of the known-failures
    file.
    """

    requirement: Requirement
    verdict: Verdict
    reason: str
    counts: bool
    known: str | None
    entries: tuple[Entry, ...]

    @property
    def is_incomplete(self) -> bool:
        """Whether it was claimed, must be judged, and was not."""
        undecided = self.verdict in ("not_testable", "not_exercised") and self.counts
        return undecided and self.requirement.level == "MUST" and self.known is None

    @property
    def is_breach(self) -> bool:
        """Whether a MUST failed that nobody knew of."""
        return self.verdict == "failed" and self.requirement.level == "MUST" and self.known is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings in the order of the requirements.

    ``stale`` are known failures that pass, or are no requirements; ``complaints`` say what went wrong with the judge itself.
    """

    findings: tuple[Finding, ...]
    stale: tuple[str, ...]
    profiles: tuple[str, ...]
    complaints: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """A failed MUST beats an error of the harness, which beats what is incomplete."""
        if any(finding.is_breach for finding in self.findings) or self.stale:
            return "not conformant"
        if self.complaints or any(finding.verdict == "harness_error" for finding in self.findings):
            return "could not judge"
        if any(finding.is_incomplete for finding in self.findings):
            return "incomplete"
        return "conformant"

    @property
    def is_about_something(self) -> bool:
        """Whether anything was judged, or should have been: what does not count, or is not claimed, is neither."""
        return bool(self.stale or self.complaints) or any(
            finding.counts and finding.verdict != "not_claimed" for finding in self.findings
        )

    @property
    def exit_code(self) -> int:
        """0 conformant, 1 not conformant or incomplete, 2 could not judge."""
        return EXIT_CODES[self.outcome]

    def unjudgeable(self, profiles: Collection[str]) -> list[str]:
        """Those of ``profiles`` of which this invocation can judge nothing."""
        judged = {finding.requirement.profile for finding in self.findings if finding.counts}
        return [profile for profile in profiles if profile not in judged]


def judge(
    requirements: Sequence[Requirement],
    entries: Sequence[Entry],
    profiles: Collection[str],
    known: KnownFailures,
    every_id: Collection[str],
    complaints: Sequence[str] = (),
) -> Judgement:
    """The judgement on ``requirements`` of a subject that claims ``profiles``, after ``entries``, one a scenario.

    ``every_id`` are the ids of all requirements there are: what ``known`` lists beyond them is stale. ``complaints`` are about
    the judge.
    """
    of_requirement: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        of_requirement[entry.requirement_id].append(entry)
    accused = _accused(entries)
    findings = tuple(
        _finding(each, of_requirement[each.id], profiles, accused.get(each.id), known.reasons.get(each.id))
        for each in requirements
    )
    passing = [finding.requirement.id for finding in findings if finding.known is not None and finding.verdict == "passed"]
    return Judgement(findings, (*passing, *known.unknown(every_id)), tuple(profiles), tuple(complaints))


def _accused(entries: Sequence[Entry]) -> dict[str, str]:
    """What was noticed in whichever scenario against a requirement, and cannot be excused."""
    notices = (notice for entry in entries if entry.account for notice in entry.account.notices if notice.accuses)
    accused: dict[str, str] = {}
    for notice in notices:
        accused.setdefault(notice.requirement, notice.text)
    return accused


def _finding(
    requirement: Requirement, entries: list[Entry], profiles: Collection[str], accused: str | None, known: str | None
) -> Finding:
    if requirement.profile not in profiles:
        reason = f"the {requirement.side} does not claim the profile {requirement.profile}"
        return Finding(requirement, "not_claimed", reason, True, known, ())
    verdict, reason, counts = _verdict(requirement, entries, accused)
    return Finding(requirement, verdict, reason, counts, known, tuple(entries))


def _verdict(requirement: Requirement, entries: list[Entry], accused: str | None) -> tuple[Verdict, str, bool]:
    if failed := [entry for entry in entries if verdict_of(entry) == "failed"]:
        return "failed", _and_more(failed), True
    if accused is not None:
        return "failed", accused, True
    if broken := [entry for entry in entries if verdict_of(entry) == "harness_error"]:
        return "harness_error", _and_more(broken), True
    if blocked := [entry for entry in entries if entry.outcome == "blocked"]:
        return "not_exercised", _and_more(blocked), True
    if any(entry.outcome == "passed" for entry in entries):
        return "passed", _left_out(entries), True
    return _not_run(requirement, entries)


def verdict_of(entry: Entry) -> Verdict:
    """The verdict of one scenario. One that passed without an answer of the subject proves nothing: the suite is wrong."""
    if entry.outcome == "passed":
        return "passed" if entry.account is not None and entry.account.answers else "harness_error"
    if entry.outcome == "not exercised":
        return "not_claimed" if entry.kind == "profile" else "not_testable"
    by_outcome: Mapping[str, Verdict] = {"failed": "failed", "blocked": "not_exercised", "harness error": "harness_error"}
    return by_outcome[entry.outcome]


def reason_of(entry: Entry) -> str:
    """Why a scenario has its verdict; empty when it passed."""
    if entry.outcome == "passed" and verdict_of(entry) == "harness_error":
        return "it passed without an answer of the subject: the scenario proves nothing"
    return entry.reason


def _and_more(entries: list[Entry]) -> str:
    more = len(entries) - 1
    besides = f" (and {more} more scenario{'s' if more > 1 else ''})" if more else ""
    return f"{reason_of(entries[0])}{besides}"


def _left_out(entries: list[Entry]) -> str:
    """Which of the scenarios of a requirement were not run, although another invocation could run them; empty where all were."""
    reasons = Counter(entry.reason for entry in entries if entry.kind in ("setting", "invocation"))
    return "; ".join(f"{count} more scenario{'s' if count > 1 else ''} not run: {reason}" for reason, count in reasons.items())


def _not_run(requirement: Requirement, entries: list[Entry]) -> tuple[Verdict, str, bool]:
    """Nothing of it ran. Where the caller could say what is missing, it counts; what this invocation cannot see does not."""
    if untold := [entry for entry in entries if entry.kind == "setting"]:
        return "not_testable", untold[0].reason, True
    if entries:
        return "not_testable", entries[0].reason, False
    if requirement.needs == "source":
        return "not_testable", "needs the source: the unit tests of an implementation judge it", False
    return "not_testable", "no scenario of the suite judges it in this mode", False
