"""What a run found out about each requirement, and how it is told."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from poolpact.account import Account
from poolpact.requirements import Requirement
from poolpact.selection import Kind

Outcome = Literal["passed", "failed", "blocked", "harness error", "not exercised"]

_RED: tuple[Outcome, ...] = ("failed", "harness error", "blocked")


@dataclass(frozen=True, slots=True)
class Entry:
    """One scenario: where it is and its name, its outcome, and why where it did not pass.

    ``scenario_id`` stays as long as its words do; see :func:`poolpact.scenarios.id_of`.
    ``kind`` is what stood in the way of one that was not exercised. ``account`` is what was recorded while it ran.
    """

    requirement_id: str
    scenario: str
    outcome: Outcome
    reason: str = ""
    scenario_id: str = ""
    kind: Kind | None = None
    account: Account | None = None


@dataclass(slots=True)
class Ledger:
    """The outcomes of a run. A Then that failed accuses the requirement; a Given or When that failed leaves it unexercised."""

    requirements: Mapping[str, Requirement]
    entries: list[Entry] = field(default_factory=list)

    def record(self, entry: Entry) -> None:
        """Add one scenario; raises KeyError for a requirement that does not exist."""
        self.requirements[entry.requirement_id]
        self.entries.append(entry)

    def count(self, outcome: Outcome) -> int:
        """How many scenarios had ``outcome``."""
        return sum(entry.outcome == outcome for entry in self.entries)

    @property
    def green(self) -> bool:
        """Whether something passed and nothing went wrong."""
        return self.count("passed") > 0 and not any(map(self.count, _RED))

    def verdicts(self) -> dict[str, Outcome]:
        """Per requirement that had a scenario in this run: the worst of its outcomes, where passing outweighs not exercised."""
        found: dict[str, set[Outcome]] = defaultdict(set)
        for entry in self.entries:
            found[entry.requirement_id].add(entry.outcome)
        worst: tuple[Outcome, ...] = (*_RED, "passed", "not exercised")
        return {name: next(outcome for outcome in worst if outcome in outcomes) for name, outcomes in found.items()}

    def report(self) -> list[str]:
        """Lines that tell what failed, what was blocked or could not be judged, and what was not exercised and why."""
        lines = []
        for entry in self.entries:
            requirement = self.requirements[entry.requirement_id]
            if entry.outcome == "failed":
                lines += [f"FAILED {requirement.id} ({requirement.level}): {requirement.sentence}", f"    {entry.scenario}"]
                lines += [f"    {entry.reason}"]
            elif entry.outcome in _RED:
                lines += [
                    f"{entry.outcome.upper()} {requirement.id}: not exercised",
                    f"    {entry.scenario}",
                    f"    {entry.reason}",
                ]
        return lines + self._not_exercised()

    def _not_exercised(self) -> list[str]:
        by_reason: dict[str, Counter[str]] = defaultdict(Counter)
        for entry in self.entries:
            if entry.outcome == "not exercised":
                by_reason[entry.reason][entry.requirement_id] += 1
        lines = []
        for reason, ids in sorted(by_reason.items(), key=lambda pair: -pair[1].total()):
            names = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in sorted(ids.items()))
            lines.append(f"not exercised, {ids.total()}: {reason}: {names}")
        return lines

    def summary(self, title: str, seconds: float) -> str:
        """The last line of a run."""
        verdicts = Counter(self.verdicts().values())
        shown = [outcome for outcome in get_args(Outcome) if outcome != "harness error" or self.count(outcome)]
        counts = ", ".join(f"{self.count(outcome)} {outcome}" for outcome in shown)
        return f"{title}: scenarios: {counts}; {verdicts['passed']} of {verdicts.total()} requirements hold; {seconds:.1f} s"
