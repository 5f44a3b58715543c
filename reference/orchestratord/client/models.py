"""What the pool manager says, strictly typed: ``"1"`` is no count and 1 is not true. Unknown members are ignored (OR-DEG-3)."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=0)]


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class DaemonHealth(_Answer):
    """The daemon's own health; ``profiles`` is None from a daemon that declares none."""

    status: str
    version: Annotated[str, Field(min_length=1)]
    profiles: list[str] | None = None


class PoolStatus(_Answer):
    """One pool. ``url`` is where its engine is reached; None where the daemon does not tell."""

    pool_id: str
    live: bool
    ready: bool
    active_leases: Count
    slots_total: Count
    slots_free: Count
    draining: bool = False
    last_error: str | None = None
    url: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ready and not self.live:
            raise ValueError("ready, but not live")
        if self.slots_free > self.slots_total:
            raise ValueError("slots_free is greater than slots_total")
        return self


class PoolPage(_Answer):
    """One page of pools, sorted by id; ``next_after`` asks for the next page, None at the end."""

    pools: list[PoolStatus]
    next_after: str | None = None


class Preloaded(_Answer):
    """The outcome of a preload. Not ``ready``: it is still loading, ask the status."""

    pool_id: str
    ready: bool = True
    pid: int | None = None
    handoff_path: str | None = None


class Drained(_Answer):
    """The outcome of a drain. Not ``drained``: it is under way, ask the status. ``forced``: it had work at the deadline."""

    pool_id: str
    drained: bool = True
    forced: bool = False


class Lease(_Answer):
    """One slot that is held until ``expires_at``; ``ttl`` is in seconds, None where the daemon only gives the time of day."""

    lease_id: Annotated[str, Field(min_length=1)]
    expires_at: Annotated[AwareDatetime, Field(strict=False)]
    ttl: Annotated[float, Field(ge=0)] | None = None

    def seconds_left(self, now: datetime) -> float:
        """Seconds from ``now`` (aware) until it expires; a ``ttl`` does not depend on two clocks agreeing."""
        return self.ttl if self.ttl is not None else max((self.expires_at - now).total_seconds(), 0.0)


class PreparedEngine(BaseModel):
    """What to spawn. ``flags`` is the whole argv after the binary; ``host`` and ``port`` only say where it will listen."""

    model_config = ConfigDict(strict=True, frozen=True)

    binary_path: str
    flags: list[str]
    host: str
    port: int
    model_path: str
    engine_version: str
    pool_id: str
    replica_id: str
    device_mask: str | None = None
    slots_total: int | None = None
    health_path: str = "/health"
