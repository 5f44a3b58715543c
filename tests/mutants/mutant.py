"""What a mutant is: a subject with one deliberate defect, and the requirement that must turn red for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

How = Literal["check", "embedded", "source"]


@dataclass(frozen=True)
class Mutant:
    """The reference with one defect.

    ``name`` begins with the requirement that it breaks: ``"PM-READY-3: polls a dead engine until the time-out"``. ``apply``
    patches the reference before its command line runs. ``also``: other requirements that this defect may turn red as well, and
    ``why``. ``how`` it is judged: by ``poolpact check`` from outside, by the features with everything in process, or, where
    only the source tells, by the unit tests of the requirement.
    """

    name: str
    apply: Callable[[], None]
    also: frozenset[str] = frozenset()
    why: str = ""
    how: How = "check"

    def __post_init__(self) -> None:
        if not self.defect:
            raise ValueError(f"{self.name!r} is not 'REQUIREMENT: what is wrong'")
        if bool(self.also) != bool(self.why):
            raise ValueError(f"{self.name!r}: `also` and `why` go together")

    @property
    def breaks(self) -> str:
        """The id of the requirement."""
        return self.name.partition(": ")[0]

    @property
    def defect(self) -> str:
        """What is wrong, in a few words."""
        return self.name.partition(": ")[2]


def by_name(*groups: Sequence[Mutant]) -> Mapping[str, Mutant]:
    """All of them, found by name; raises ValueError where two have one."""
    found: dict[str, Mutant] = {}
    for mutant in (mutant for group in groups for mutant in group):
        if mutant.name in found:
            raise ValueError(f"two mutants are called {mutant.name!r}")
        found[mutant.name] = mutant
    return found
