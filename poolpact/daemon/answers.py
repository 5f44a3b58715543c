"""What the answers of a pool manager must be. Every function raises an AssertionError that shows the answer.

What is read on the way is read leniently: a status is ready where it says so, whatever else is wrong with it. Whether all of it
is right is asked where a requirement says so, so that one defect accuses one requirement.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from poolpact.daemon.causes import words_of
from poolpact.expectation import expect
from poolpact.targets.base import Answer

REFUSED = range(400, 500)
DEEPEST = 64
"""Levels of JSON beyond which nobody looks."""
_TYPES: Mapping[str, type] = {
    "pool_id": str,
    "live": bool,
    "ready": bool,
    "active_leases": int,
    "slots_total": int,
    "slots_free": int,
}
_COUNTS = ("active_leases", "slots_total", "slots_free")


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """What a status says; a count is None where it is no number. ``told`` is all of it."""

    live: bool
    ready: bool
    active_leases: int | None
    slots_total: int | None
    slots_free: int | None
    told: Mapping[str, Any]

    @property
    def last_error(self) -> str:
        """What went wrong last, all of its words; empty if nothing."""
        return "\n".join(words_of(self.told.get("last_error")))

    @property
    def members(self) -> Mapping[str, Any]:
        """The six members that every status has."""
        return {name: self.told.get(name) for name in _TYPES}

    def contradictions(self) -> list[str]:
        """Why this status cannot be true (PM-STATUS-3)."""
        active, total, free = self.active_leases, self.slots_total, self.slots_free
        if active is None or total is None or free is None:
            return [f"{name} is no number" for name in _COUNTS if getattr(self, name) is None]
        rules = {
            "ready but not live": self.ready and not self.live,
            "slots_free is below 0": free < 0,
            "slots_free is above slots_total": free > total,
            "active_leases is below 0": active < 0,
            "active_leases and slots_free are more than slots_total": active + free > total,
            "not ready but with free slots": not self.ready and free != 0,
        }
        return [rule for rule, broken in rules.items() if broken]


def shown(answer: Answer) -> str:
    """An answer in one line; where none came, its body says why, and what was asked."""
    said = " ".join(answer.body[:300].decode(errors="replace").split())
    return f"{answer.request}: {answer.status} {said}".rstrip() if answer.status else said


def _json(answer: Answer) -> Any:
    """The JSON that the answer carries, of a depth that can be handled."""
    try:
        value = json.loads(answer.body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise AssertionError(f"{shown(answer)}: not JSON") from None
    level, depth = [value], 0
    while level:
        depth += 1
        expect(depth <= DEEPEST, f"{shown(answer)}: JSON of more than {DEEPEST} levels")
        level = [inner for each in level for inner in _inside(each)]
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _inside(value: Any) -> Collection[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def json_object(answer: Answer) -> dict[str, Any]:
    """The JSON object that the answer carries."""
    value = _json(answer)
    expect(isinstance(value, dict), f"{shown(answer)}: not a JSON object")
    return dict(value)


def told_of(answer: Answer) -> PoolStatus | None:
    """What an answer says of a pool, None when that is unknown; whether it says it well is not looked at."""
    if answer.status == 404:
        return None
    expect(answer.status == 200, f"{shown(answer)}: expected a status")
    told = json_object(answer)
    counts = {name: told[name] if type(told.get(name)) is int else None for name in _COUNTS}
    return PoolStatus(told.get("live") is True, told.get("ready") is True, **counts, told=told)


def status_of(answer: Answer, pool_id: str) -> PoolStatus:
    """A well-formed status of ``pool_id`` (PM-STATUS-1)."""
    expect(answer.status == 200, f"{shown(answer)}: expected the status of {pool_id}")
    told = json_object(answer)
    wrong = [f"{name} is {told.get(name)!r}" for name, kind in _TYPES.items() if type(told.get(name)) is not kind]
    if told.get("pool_id") != pool_id:
        wrong.append(f"pool_id is not {pool_id!r}")
    expect(not wrong, f"{shown(answer)}: {'; '.join(wrong)}")
    return PoolStatus(**{name: told[name] for name in _TYPES if name != "pool_id"}, told=told)


def error_text(answer: Answer) -> str:
    """What a JSON error says, all of its words; any JSON that has a text with something in it will do."""
    value = _json(answer)
    expect(_says_something(value), f"{shown(answer)}: the error says nothing")
    return "\n".join(words_of(value))


def _says_something(value: Any) -> bool:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and each.strip():
            return True
        waiting.extend(_inside(each))
    return False


def refused(answer: Answer, statuses: Collection[int] = REFUSED) -> None:
    """A refusal, whatever it says."""
    allowed = "a 4xx" if statuses is REFUSED else " or ".join(map(str, sorted(statuses)))
    expect(answer.status in statuses, f"{shown(answer)}: expected {allowed}")


def under_way(answer: Answer, pool_id: str) -> None:
    """A preload that was accepted and is not over (PM-PRELOAD-2): where to look is told."""
    expect(answer.status == 202, f"{shown(answer)}: expected that it is under way")
    location = answer.headers.get("location", "")
    expect(_is_status_of(location, pool_id), f"{shown(answer)}: Location is {location!r}, not the status of {pool_id}")


def _is_status_of(location: str, pool_id: str) -> bool:
    """Whether a Location, absolute or relative, encoded or not, is the status of ``pool_id``."""
    try:
        path = urlsplit(urljoin(f"http://pool-manager/pools/{pool_id}/preload", location)).path
    except ValueError:
        return False
    return unquote(path).rstrip("/").endswith(f"/pools/{pool_id}/status")


def ready_now(answer: Answer, pool_id: str) -> int:
    """A preload that says that the pool is ready (PM-PRELOAD-2): the pid it tells."""
    expect(answer.status == 200, f"{shown(answer)}: expected that it is ready")
    told = json_object(answer)
    expect(told.get("pool_id") == pool_id, f"{shown(answer)}: pool_id is not {pool_id!r}")
    expect(type(told.get("pid")) is int and told["pid"] > 0, f"{shown(answer)}: pid is no process id")
    expect(isinstance(told.get("handoff_path"), str) and told["handoff_path"] != "", f"{shown(answer)}: no handoff_path")
    return int(told["pid"])


def accepted(answer: Answer) -> int | None:
    """A preload that was accepted: the pid that it tells, None where it tells none."""
    expect(answer.status in (200, 202), f"{shown(answer)}: expected the preload to be accepted")
    pid = json_object(answer).get("pid") if answer.status == 200 else None
    return pid if type(pid) is int else None


def lease_of(answer: Answer, statuses: Collection[int] = (201,)) -> dict[str, Any]:
    """A lease that was granted (PM-LEASE-1)."""
    expect(answer.status in statuses, f"{shown(answer)}: expected a lease")
    told = json_object(answer)
    expect(isinstance(told.get("lease_id"), str) and told["lease_id"] != "", f"{shown(answer)}: no lease_id")
    expect(isinstance(told.get("expires_at"), str), f"{shown(answer)}: no expires_at")
    return told
