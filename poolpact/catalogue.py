"""What the suite holds: its requirements, its scenarios and its profiles, for people and programs that want to look them up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from behave.parser import parse_file

from poolpact.contract.files import FEATURES
from poolpact.errors import PoolpactError
from poolpact.requirements import PROFILES, Requirement
from poolpact.scenarios import id_of, requirement_of


class UnknownProfile(PoolpactError):
    """No side has a profile of that name; the message names those that there are."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. ``place`` is its file and line, ``tags`` are those that restrict where it can be exercised."""

    id: str
    requirement: Requirement
    place: str
    name: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile of one side, with how many requirements of each level and how many scenarios it has."""

    name: str
    side: str
    must: int
    should: int
    scenarios: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for: one side or both (None), one profile or all (None); raises UnknownProfile."""

    side: str | None = None
    profile: str | None = None

    def __post_init__(self) -> None:
        names = {side: PROFILES[side] for side in self.sides}
        if self.profile is not None and not any(self.profile in those for those in names.values()):
            known = "; ".join(f"{side}: {', '.join(those)}" for side, those in names.items())
            raise UnknownProfile(f"--profile: there is no profile {self.profile!r}; there are {known}")

    @property
    def sides(self) -> Sequence[str]:
        """The sides that are asked for."""
        return tuple(PROFILES) if self.side is None else (self.side,)

    def takes(self, side: str, profile: str) -> bool:
        """Whether a profile of a side is asked for."""
        return side in self.sides and self.profile in (None, profile)


def requirements_in(requirements: Mapping[str, Requirement], selection: Selection) -> list[Requirement]:
    """The requirements that are asked for, in their order."""
    return [each for each in requirements.values() if selection.takes(each.side, each.profile)]


def scenarios_in(requirements: Mapping[str, Requirement], selection: Selection, features: Path = FEATURES) -> list[Scenario]:
    """The scenarios that are asked for, by file and line; raises CannotJudge where one has not exactly one requirement."""
    found = _scenarios(features, requirements)
    return [each for each in found if selection.takes(each.requirement.side, each.requirement.profile)]


def _scenarios(features: Path, requirements: Mapping[str, Requirement]) -> Iterator[Scenario]:
    for path in sorted(features.rglob("*.feature")):
        feature = parse_file(str(path))
        for each in feature.walk_scenarios() if feature is not None else ():
            requirement = requirement_of(each, requirements)
            tags = tuple(sorted(set(map(str, each.effective_tags)) - requirements.keys()))
            place = f"{path.relative_to(features.parent)}:{each.line}"
            yield Scenario(id_of(requirement, each), requirement, place, str(each.name), tags)


def profiles_in(requirements: Mapping[str, Requirement], selection: Selection, features: Path = FEATURES) -> list[Profile]:
    """The profiles that are asked for, those included that have no requirement yet."""
    scenarios = scenarios_in(requirements, selection, features)
    found = []
    for side in selection.sides:
        for name in PROFILES[side]:
            if selection.takes(side, name):
                levels = [each.level for each in requirements.values() if (each.side, each.profile) == (side, name)]
                many = sum((each.requirement.side, each.requirement.profile) == (side, name) for each in scenarios)
                found.append(Profile(name, side, levels.count("MUST"), levels.count("SHOULD"), many))
    return found
