"""One pool: its state, what is known of its engine, and its leases. Pure; one writer."""

from pool_managerd.domain.leases import Lease, LeaseBook
from pool_managerd.domain.pool_state import PoolEvent, PoolState, next_state
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.domain.status import PoolStatus

_RUNNING = (PoolState.LOADING, PoolState.READY, PoolState.DRAINING, PoolState.STOPPING)


class Pool:
    """The pool's whole truth. Every method is one event of contracts/states.md; ``now`` is monotonic seconds."""

    def __init__(self, prepared: PreparedEngine, *, lease_ttl: float, state: PoolState = PoolState.ABSENT) -> None:
        self.prepared = prepared
        self.state = state
        self.pid: int | None = None
        self.last_error: str | None = None
        self._slots_total = prepared.slots_total or 0
        self._lease_ttl = lease_ttl
        self._leases = LeaseBook(0, lease_ttl)

    @property
    def occupied(self) -> bool:
        """Whether an engine is loading, running, draining or being stopped."""
        return self.state in _RUNNING

    @property
    def next_expiry(self) -> float | None:
        """When the next lease ends, or None."""
        return self._leases.next_expiry

    @property
    def active_leases(self) -> int:
        """Slots that are held."""
        return len(self._leases)

    def _apply(self, event: PoolEvent) -> None:
        state = next_state(self.state, event)
        if state is None:
            raise RuntimeError(f"{event} is not possible while {self.state}")
        self.state = state

    def begin_loading(self) -> None:
        """A preload was accepted."""
        self._apply(PoolEvent.PRELOAD_SAME)
        self.last_error = None

    def spawned(self, pid: int) -> None:
        """The engine's process runs: the pool is live from now on."""
        self.pid = pid

    def become_ready(self, slots_total: int) -> None:
        """The engine answered healthy and owns its port (PM-READY-1, PM-READY-5, PM-READY-6)."""
        if self.pid is None:
            raise RuntimeError("only a spawned engine can be healthy")
        self._apply(PoolEvent.ENGINE_HEALTHY)
        self._slots_total = slots_total
        self._leases = LeaseBook(slots_total, self._lease_ttl)

    def end(self, event: PoolEvent, cause: str | None) -> None:
        """The engine ended, or never came up; its leases end with it."""
        self._apply(event)
        self.pid = None
        self.last_error = cause
        self.drop_leases()

    def begin_stopping(self) -> None:
        """A DELETE was accepted; its leases end."""
        self._apply(PoolEvent.DELETE)
        self.drop_leases()

    def begin_draining(self) -> None:
        """A drain was accepted: no new work, and the leases that there are may end in peace (PM-DRAIN-1)."""
        self._apply(PoolEvent.DRAIN)

    def drop_leases(self) -> None:
        """The leases that are left end now (PM-DRAIN-3)."""
        self._leases = LeaseBook(0, self._lease_ttl)

    def forget(self) -> None:
        """A DELETE was accepted of a pool without an engine."""
        self._apply(PoolEvent.DELETE)

    def acquire(self, now: float, lease_id: str, key: str | None) -> tuple[Lease, bool] | None:
        """Take a slot of a ready pool; None when none is free. See :meth:`LeaseBook.acquire`."""
        return self._leases.acquire(now, lease_id, key)

    def renew(self, now: float, lease_id: str) -> Lease | None:
        """See :meth:`LeaseBook.renew`."""
        return self._leases.renew(now, lease_id)

    def release(self, now: float, lease_id: str) -> bool:
        """See :meth:`LeaseBook.release`."""
        return self._leases.release(now, lease_id)

    def expire(self, now: float) -> int:
        """See :meth:`LeaseBook.expire`."""
        return self._leases.expire(now)

    def retry_after(self, now: float) -> float:
        """See :meth:`LeaseBook.retry_after`."""
        return self._leases.retry_after(now)

    def status(self, advertise_host: str | None) -> PoolStatus:
        """The snapshot of this moment."""
        ready = self.state is PoolState.READY
        prepared = self.prepared
        return PoolStatus(
            pool_id=prepared.pool_id,
            live=self.pid is not None,
            ready=ready,
            draining=self.state is PoolState.DRAINING,
            active_leases=self.active_leases,
            slots_total=self._slots_total,
            slots_free=self._leases.free if ready else 0,
            state=self.state,
            last_error=self.last_error,
            engine_version=prepared.engine_version,
            device_mask=prepared.device_mask,
            model_path=prepared.model_path,
            url=prepared.reachable_url(advertise_host) if ready else None,
            pid=self.pid,
        )
