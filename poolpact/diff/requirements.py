"""Two versions of the requirements compared."""

from collections.abc import Iterator, Mapping
from typing import Any

from poolpact.diff.changes import BOTH, CONSUMERS, NEITHER, PROVIDERS, Change, Place, Side
from poolpact.diff.errors import CannotCompare

FILE = "requirements.yaml"
Requirement = Mapping[str, Any]

_SIDES = {"daemon": PROVIDERS, "orchestrator": CONSUMERS}
_OF_MEANING = ("level", "side", "profile", "sentence")
"""The other members say how a requirement is judged and why it is there, not what must hold."""


def read_requirements(document: Any, name: str) -> dict[str, Requirement]:
    """The requirements by id; raises CannotCompare."""
    entries = document.get("requirements") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise CannotCompare(f"{name}: {FILE} has no list of requirements")
    found: dict[str, Requirement] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not all(isinstance(entry.get(member), str) for member in ("id", *_OF_MEANING)):
            raise CannotCompare(f"{name}: {FILE}: an entry without id, {', '.join(_OF_MEANING)}: {str(entry)[:80]}")
        if entry["side"] not in _SIDES or entry["level"] not in ("MUST", "SHOULD") or entry["id"] in found:
            raise CannotCompare(f"{name}: {FILE}: {entry['id']} has an unknown side or level, or is there twice")
        found[entry["id"]] = {**entry, "sentence": " ".join(entry["sentence"].split())}
    return found


def asides_of(name: str, requirement: Requirement) -> Iterator[tuple[str, str]]:
    """What a requirement says beside what must hold."""
    for member, said in requirement.items():
        if member not in (*_OF_MEANING, "id"):
            yield f"{name} {member}", " ".join(str(said).split())


def requirement_changes(olds: Mapping[str, Requirement], news: Mapping[str, Requirement]) -> Iterator[Change]:
    """What changed.

    A MUST that is added, or that was a SHOULD, breaks the side that has to keep it; one that is removed, or that is only a SHOULD
    now, breaks the other side, which could rely on it. Nobody can rely on a SHOULD. Whether a sentence that was rewritten still
    asks for the same cannot be decided here.
    """
    for name in sorted(olds.keys() | news.keys()):
        old, new = olds.get(name), news.get(name)
        place = Place(FILE, part=name, path=("requirements", name))
        if old is None and new is not None:
            yield Change(place, f"new {new['level']}", new=new["sentence"], breaks=_bound(new))
        elif new is None and old is not None:
            yield Change(place, f"{old['level']} removed", old=old["sentence"], breaks=_relying(old))
        elif old is not None and new is not None:
            yield from _of_requirement(place, old, new)


def _of_requirement(place: Place, old: Requirement, new: Requirement) -> Iterator[Change]:
    if old["level"] != new["level"]:
        breaks = _bound(new) if new["level"] == "MUST" else _relying(old)
        yield Change(place.within("level"), "level", old["level"], new["level"], breaks)
    if old["side"] != new["side"]:
        breaks = _bound(old) | _bound(new) | _relying(old) | _relying(new)
        yield Change(place.within("side"), "side", old["side"], new["side"], breaks)
    if old["profile"] != new["profile"]:
        yield Change(place.within("profile"), "profile", old["profile"], new["profile"], BOTH if _is_must(old, new) else NEITHER)
    if old["sentence"] != new["sentence"]:
        must = _is_must(old, new)
        breaks = BOTH if must else NEITHER
        yield Change(place.within("sentence"), "sentence", old["sentence"], new["sentence"], breaks, undecided=must)


def _bound(requirement: Requirement) -> frozenset[Side]:
    """Who has to keep it."""
    return _SIDES[requirement["side"]] if requirement["level"] == "MUST" else NEITHER


def _relying(requirement: Requirement) -> frozenset[Side]:
    """Who can rely on it."""
    return BOTH - _SIDES[requirement["side"]] if requirement["level"] == "MUST" else NEITHER


def _is_must(old: Requirement, new: Requirement) -> bool:
    return "MUST" in (old["level"], new["level"])
