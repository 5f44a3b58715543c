"""The status of a pool: an immutable snapshot that reads are served from."""

from dataclasses import dataclass

from pool_managerd.domain.pool_state import PoolState


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """What GET /pools/{id}/status tells (PM-STATUS-1, PM-STATUS-3, PM-STATUS-6)."""

    pool_id: str
    live: bool
    ready: bool
    draining: bool
    active_leases: int
    slots_total: int
    slots_free: int
    state: PoolState
    last_error: str | None
    engine_version: str
    device_mask: str | None
    model_path: str
    url: str | None
    pid: int | None
