"""The version that changes ask for, and whether it was given."""

import re
from dataclasses import dataclass
from enum import IntEnum

from poolpact.diff.errors import CannotCompare

BEFORE_1 = "before 1.0 a break asks for a minor bump, any other change for a patch"
FROM_1 = "from 1.0 on a break asks for a major bump, any other change for a minor one, other words for a patch"
_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)


class Bump(IntEnum):
    """How far a version goes up."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """A version by its three numbers; what it is a preview of, when it is one."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def bumped(self, bump: Bump) -> "Release":
        """The least version that is ``bump`` above."""
        if bump is Bump.MAJOR:
            return Release(self.major + 1, 0, 0)
        if bump is Bump.MINOR:
            return Release(self.major, self.minor + 1, 0)
        return Release(self.major, self.minor, self.patch + (bump is Bump.PATCH))


@dataclass(frozen=True, slots=True)
class Verdict:
    """``asks`` is the bump that the changes ask for, from ``old`` to ``least`` or later; ``enough`` whether ``new`` is that."""

    old: Release
    new: Release
    asks: Bump

    @property
    def least(self) -> Release:
        """The least version that has the bump."""
        return self.old.bumped(self.asks)

    @property
    def rule(self) -> str:
        """What the old version's number makes of changes."""
        return FROM_1 if self.old.major else BEFORE_1

    @property
    def enough(self) -> bool:
        """Whether the new version has it."""
        return self.new >= self.least


def release(version: str, name: str) -> Release:
    """The numbers of a semantic version; raises CannotCompare."""
    found = _SEMVER.fullmatch(version)
    if found is None:
        raise CannotCompare(f"{name}: info.version {version!r} is not a semantic version such as 0.1.0")
    return Release(*(int(number) for number in found.groups()[:3]))


def bump_for(old: Release, *, breaks: bool, changes: bool, wording: bool) -> Bump:
    """The bump that BEFORE_1 or FROM_1 asks for."""
    stable = old.major > 0
    if breaks:
        return Bump.MAJOR if stable else Bump.MINOR
    if changes:
        return Bump.MINOR if stable else Bump.PATCH
    return Bump.PATCH if wording else Bump.NONE
