"""What the judge knows of a scenario, beside what was heard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

DEFAULT_URL = "http://127.0.0.1:9200"
DEFAULT_DEADLINE_MS = "2000"


@dataclass(frozen=True, slots=True)
class Subject:
    """An orchestrator as it was configured: its pool manager's URL, its token, and its deadline in seconds."""

    line: str
    token: str | None = field(default=None, repr=False)
    deadline: float = int(DEFAULT_DEADLINE_MS) / 1000

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Self:
        """One that was started with ``settings``."""
        return cls(
            settings.get("POOL_MANAGERD_URL", DEFAULT_URL).rstrip("/"),
            settings.get("POOL_MANAGERD_TOKEN"),
            int(settings.get("ORCHESTRATORD_DEADLINE_MS", DEFAULT_DEADLINE_MS)) / 1000,
        )


@dataclass(frozen=True, slots=True)
class LeftTask:
    """A task that the judge left for ``pool_id`` at ``at``, in monotonic seconds."""

    pool_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Facts:
    """``subjects`` are the orchestrators of the scenario, ``all_subjects`` those of the run, ``tasks`` what they got to do.

    ``subjects_heed_settings``: False where somebody else started them, so that nothing is known of their settings.
    """

    subjects: tuple[Subject, ...] = ()
    all_subjects: tuple[Subject, ...] = ()
    tasks: tuple[LeftTask, ...] = ()
    subjects_heed_settings: bool = True

    def at(self, line: str) -> tuple[Subject, ...]:
        """Every orchestrator of the run whose pool manager is at ``line``."""
        return tuple(subject for subject in self.all_subjects if subject.line == line)
