"""Leases: one slot of one incarnation each, counted purely (PM-LEASE-1 to PM-LEASE-6)."""

from dataclasses import dataclass, replace

RETRY_AT_MOST = 1.0
"""Seconds: most leases are released long before they expire."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One slot held until ``expires_at`` (seconds of the manager's monotonic clock)."""

    lease_id: str
    expires_at: float
    key: str | None = None


class LeaseBook:
    """The leases of one incarnation. ``now`` is always the caller's monotonic time in seconds.

    A lease whose time has come is gone for every call, whether or not :meth:`expire` ran in between.
    """

    def __init__(self, slots_total: int, ttl: float) -> None:
        self.slots_total = slots_total
        self.ttl = ttl
        self._leases: dict[str, Lease] = {}

    def __len__(self) -> int:
        return len(self._leases)

    @property
    def free(self) -> int:
        """Slots that nobody holds."""
        return self.slots_total - len(self._leases)

    @property
    def next_expiry(self) -> float | None:
        """When the next lease ends, or None."""
        return min((lease.expires_at for lease in self._leases.values()), default=None)

    def expire(self, now: float) -> int:
        """Drop the leases whose time has come; return how many (PM-LEASE-4)."""
        due = [lease.lease_id for lease in self._leases.values() if lease.expires_at <= now]
        for lease_id in due:
            del self._leases[lease_id]
        return len(due)

    def acquire(self, now: float, lease_id: str, key: str | None = None) -> tuple[Lease, bool] | None:
        """Take a slot: ``(lease, is_new)``, or None when all are held.

        A living lease of the same ``key`` is returned as it is (PM-LEASE-6).
        """
        self.expire(now)
        if key is not None:
            held = next((lease for lease in self._leases.values() if lease.key == key), None)
            if held is not None:
                return held, False
        if self.free <= 0:
            return None
        lease = Lease(lease_id, now + self.ttl, key)
        self._leases[lease_id] = lease
        return lease, True

    def renew(self, now: float, lease_id: str) -> Lease | None:
        """Give the lease a whole new time; None when it is no longer held."""
        self.expire(now)
        lease = self._leases.get(lease_id)
        if lease is None:
            return None
        renewed = replace(lease, expires_at=now + self.ttl)
        self._leases[lease_id] = renewed
        return renewed

    def release(self, now: float, lease_id: str) -> bool:
        """Give the slot back; False when it was no longer held (PM-LEASE-3)."""
        self.expire(now)
        return self._leases.pop(lease_id, None) is not None

    def retry_after(self, now: float) -> float:
        """Seconds after which asking again is worth it: when the next lease ends, but at most RETRY_AT_MOST."""
        expiry = self.next_expiry
        return RETRY_AT_MOST if expiry is None else min(max(expiry - now, 0.0), RETRY_AT_MOST)
