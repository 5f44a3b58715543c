"""contracts/requirements.yaml, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from poolpact.contract.files import REQUIREMENTS
from poolpact.errors import PoolpactError
from poolpact.yamlfile import read_yaml

_LEVELS = ("MUST", "SHOULD")
_SIDES = {"PM": "daemon", "OR": "orchestrator"}
_MODES = ("embedded", "embedded-process", "mock", "live")
_NEEDS = ("url", "settings", "command", "source")
PROFILES = {
    "daemon": ("core", "auth", "handoff", "leases", "lifecycle", "supervision", "durability", "devices", "observability"),
    "orchestrator": ("health", "dispatch", "leases", "modes"),
}
"""By side, whether they have a requirement yet or not."""


class InvalidRequirements(PoolpactError):
    """The file cannot be used; the message names the entry and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must hold. ``modes`` are where it can be exercised, ``needs`` is what judging it takes."""

    id: str
    level: str
    side: str
    profile: str
    modes: tuple[str, ...]
    needs: str
    sentence: str
    why: str


def load_requirements(path: Path = REQUIREMENTS) -> dict[str, Requirement]:
    """The requirements by id, in the order of the file; raises InvalidRequirements."""
    document = read_yaml(path)
    if not isinstance(document, dict) or not isinstance(document.get("requirements"), list) or not document["requirements"]:
        raise InvalidRequirements("there is no list of requirements")
    requirements: dict[str, Requirement] = {}
    for entry in document["requirements"]:
        requirement = _requirement(entry)
        if requirement.id in requirements:
            raise InvalidRequirements(f"{requirement.id} is there twice")
        requirements[requirement.id] = requirement
    return requirements


def _requirement(entry: Any) -> Requirement:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise InvalidRequirements(f"an entry without an id: {entry!r}")
    name = entry["id"]
    known = {field.name for field in fields(Requirement)}
    if entry.keys() != known:
        odd = ", ".join(sorted(entry.keys() ^ known))
        raise InvalidRequirements(f"{name}: missing or unknown: {odd}")
    _check(name, entry)
    return Requirement(
        **{**entry, "modes": tuple(entry["modes"]), "sentence": _line(entry["sentence"]), "why": _line(entry["why"])}
    )


def _check(name: str, entry: Mapping[str, Any]) -> None:
    side = _SIDES.get(name.split("-", 1)[0])
    if side is None or entry["side"] != side:
        raise InvalidRequirements(f"{name}: side {entry['side']!r} does not go with the id")
    for member, allowed in (("level", _LEVELS), ("needs", _NEEDS), ("profile", PROFILES[side])):
        if entry[member] not in allowed:
            raise InvalidRequirements(f"{name}: {member} {entry[member]!r} is none of {', '.join(allowed)}")
    modes = entry["modes"]
    if not isinstance(modes, list) or not modes or not set(modes) <= set(_MODES):
        raise InvalidRequirements(f"{name}: modes {modes!r} are not some of {', '.join(_MODES)}")
    for member in ("sentence", "why"):
        if not isinstance(entry[member], str) or not entry[member].strip():
            raise InvalidRequirements(f"{name}: no {member}")


def _line(text: str) -> str:
    return " ".join(text.split())
