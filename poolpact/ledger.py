"""What a run found out about each requirement, and how it is told."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from poolpact.requirements import Requirement

Outcome = Literal["passed", "failed", "blocked", "not exercised"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One scenario: its outcome, and why where it did not pass."""

    requirement_id: str
    scenario: str
    outcome: Outcome
    reason: str = ""


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
        """Whether something passed and nothing failed or was blocked."""
        return self.count("passed") > 0 and not self.count("failed") and not self.count("blocked")

    def verdicts(self) -> dict[str, Outcome]:
        """Per requirement that had a scenario in this run: the worst of its outcomes, where passing outweighs not exercised."""
        found: dict[str, set[Outcome]] = defaultdict(set)
        for entry in self.entries:
            found[entry.requirement_id].add(entry.outcome)
        worst: tuple[Outcome, ...] = ("failed", "blocked", "passed", "not exercised")
        return {name: next(outcome for outcome in worst if outcome in outcomes) for name, outcomes in found.items()}

    def report(self) -> list[str]:
        """Lines that tell what failed, what was blocked and what was not exercised and why."""
        lines = []
        for entry in self.entries:
            requirement = self.requirements[entry.requirement_id]
            if entry.outcome == "failed":
                lines += [f"FAILED {requirement.id} ({requirement.level}): {requirement.sentence}", f"    {entry.scenario}"]
                lines += [f"    {entry.reason}"]
            elif entry.outcome == "blocked":
                lines += [f"BLOCKED {requirement.id}: not exercised", f"    {entry.scenario}", f"    {entry.reason}"]
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
        counts = ", ".join(f"{self.count(outcome)} {outcome}" for outcome in get_args(Outcome))
        return f"{title}: scenarios: {counts}; {verdicts['passed']} of {verdicts.total()} requirements hold; {seconds:.1f} s"
