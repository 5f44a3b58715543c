"""What the answers of a pool manager must be. Every function raises an AssertionError that shows the answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from poolpact.expectation import expect
from poolpact.targets.base import Answer

REFUSED = range(400, 500)
_TYPES: Mapping[str, type] = {
    "pool_id": str,
    "live": bool,
    "ready": bool,
    "active_leases": int,
    "slots_total": int,
    "slots_free": int,
}


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """A status that has its six members with the right types; ``told`` is all of it."""

    live: bool
    ready: bool
    active_leases: int
    slots_total: int
    slots_free: int
    told: Mapping[str, Any]

    @property
    def pid(self) -> Any:
        """The engine's process, where the status tells it."""
        return self.told.get("pid")

    @property
    def last_error(self) -> str:
        """What went wrong last; empty if nothing."""
        return str(self.told.get("last_error") or "")

    def contradictions(self) -> list[str]:
        """Why this status cannot be true (PM-STATUS-3)."""
        rules = {
            "ready but not live": self.ready and not self.live,
            "slots_free is below 0": self.slots_free < 0,
            "slots_free is above slots_total": self.slots_free > self.slots_total,
            "active_leases is below 0": self.active_leases < 0,
            "active_leases and slots_free are more than slots_total": self.active_leases + self.slots_free > self.slots_total,
            "not ready but with free slots": not self.ready and self.slots_free != 0,
        }
        return [rule for rule, broken in rules.items() if broken]


def shown(answer: Answer) -> str:
    """An answer in one line."""
    return f"{answer.request}: {answer.status} {answer.body[:300].decode(errors='replace')}"


def json_object(answer: Answer) -> dict[str, Any]:
    """The JSON object that the answer carries."""
    value = answer.json()
    expect(isinstance(value, dict), f"{shown(answer)}: not a JSON object")
    return dict(value)


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
    """What a JSON error says, all of its texts; any JSON object or text that says something will do."""
    value = answer.json()
    texts = _texts(value)
    expect(any(text.strip() for text in texts), f"{shown(answer)}: the error says nothing")
    return "\n".join(texts)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for member in value.values() for text in _texts(member)]
    if isinstance(value, list):
        return [text for member in value for text in _texts(member)]
    return []


def refused(answer: Answer, statuses: Collection[int] = REFUSED) -> str:
    """A refusal with a JSON error; what it says."""
    allowed = "a 4xx" if statuses is REFUSED else " or ".join(map(str, sorted(statuses)))
    expect(answer.status in statuses, f"{shown(answer)}: expected {allowed}")
    return error_text(answer)


def accepted(answer: Answer, pool_id: str) -> int | None:
    """A preload that was accepted (PM-PRELOAD-2): the pid when it is ready, None while it is under way."""
    expect(answer.status in (200, 202), f"{shown(answer)}: expected the preload to be accepted")
    if answer.status == 202:
        location = answer.headers.get("location", "")
        expect(
            location.endswith(f"/pools/{pool_id}/status"),
            f"{shown(answer)}: Location is {location!r}, not the status of {pool_id}",
        )
        return None
    told = json_object(answer)
    expect(told.get("pool_id") == pool_id, f"{shown(answer)}: pool_id is not {pool_id!r}")
    expect(type(told.get("pid")) is int and told["pid"] > 0, f"{shown(answer)}: pid is no process id")
    expect(isinstance(told.get("handoff_path"), str) and told["handoff_path"] != "", f"{shown(answer)}: no handoff_path")
    return int(told["pid"])


def lease_of(answer: Answer, statuses: Collection[int] = (201,)) -> dict[str, Any]:
    """A lease that was granted (PM-LEASE-1)."""
    expect(answer.status in statuses, f"{shown(answer)}: expected a lease")
    told = json_object(answer)
    expect(isinstance(told.get("lease_id"), str) and told["lease_id"] != "", f"{shown(answer)}: no lease_id")
    expect(isinstance(told.get("expires_at"), str), f"{shown(answer)}: no expires_at")
    return told
