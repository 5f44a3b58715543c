"""What a scripted pool manager is told to say about a pool."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Literal

State = Literal["loading", "ready", "stopping", "failed", "stopped"]


@dataclass(slots=True)
class ScriptedLease:
    """One held slot: the Idempotency-Key it was taken with, and its end in monotonic seconds."""

    key: str | None
    ends_at: float


@dataclass(slots=True)
class ScriptedPool:
    """One pool of the script: the next answer says what is written here. A lease lasts ``lease_seconds`` unless it is renewed."""

    pool_id: str
    state: State = "ready"
    slots_total: int = 1
    url: str = "http://127.0.0.1:9"
    last_error: str | None = None
    lease_seconds: float = 30.0
    _leases: dict[str, ScriptedLease] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def leases(self) -> dict[str, ScriptedLease]:
        """The leases that are held now, by id."""
        now = time.monotonic()
        self._leases = {lease_id: lease for lease_id, lease in self._leases.items() if lease.ends_at > now}
        return self._leases

    @property
    def slots_free(self) -> int:
        """Slots of a ready pool that nobody holds."""
        return self.slots_total - len(self.leases) if self.state == "ready" else 0

    def enter(self, state: State, last_error: str | None = None) -> None:
        """The pool changes; leases end with readiness."""
        self.state, self.last_error = state, last_error
        if state != "ready":
            self._leases.clear()

    def lease(self, key: str | None = None) -> tuple[str, bool] | None:
        """Take a slot: its lease and whether it is new; None when all are held."""
        held = next((lease_id for lease_id, lease in self.leases.items() if key is not None and lease.key == key), None)
        if held is not None:
            return held, False
        if self.slots_free <= 0:
            return None
        lease_id = f"{self.pool_id}-lease-{next(self._numbers)}"
        self._leases[lease_id] = ScriptedLease(key, time.monotonic() + self.lease_seconds)
        return lease_id, True

    def renew(self, lease_id: str) -> bool:
        """Give a lease a whole new time; False when it is no longer held."""
        lease = self.leases.get(lease_id)
        if lease is not None:
            lease.ends_at = time.monotonic() + self.lease_seconds
        return lease is not None

    def release(self, lease_id: str) -> None:
        """Give a slot back, however often."""
        self._leases.pop(lease_id, None)
