"""What goes over the wire, as contracts/openapi.yaml has it."""

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.prepared import PreparedEngine, whole
from pool_managerd.domain.status import PoolStatus
from pool_managerd.manager import LeaseGrant

Count = Annotated[int, Field(ge=0)]


def _leave_implementation_optional(schema: dict[str, Any]) -> None:
    schema["required"] = [name for name in schema["required"] if name != "implementation"]


class Health(BaseModel):
    """The daemon is up. ``profiles`` are the sets of requirements that it claims (PM-HEALTH-1).

    ``implementation`` is documented as optional: nobody is to rely on what a daemon calls itself.
    """

    model_config = ConfigDict(json_schema_extra=_leave_implementation_optional)

    status: Literal["ok"]
    version: Annotated[str, Field(min_length=1)]
    implementation: Annotated[str, Field(min_length=1)]
    profiles: list[str]


class Ready(BaseModel):
    """The daemon takes preloads."""

    ready: Literal[True]


class DrainRequest(BaseModel):
    """How long what is in flight may take: afterwards it is stopped anyway; without it the daemon's own setting."""

    model_config = ConfigDict(strict=True)

    deadline_ms: Annotated[int, Field(ge=0, le=86_400_000), BeforeValidator(whole)] | None = None


class DrainDone(BaseModel):
    """The engine is stopped. ``forced``: it still had work when its time was over (PM-DRAIN-3)."""

    pool_id: str
    drained: Literal[True]
    forced: bool


class DrainAccepted(BaseModel):
    """The pool takes no new work and finishes what it has; the status tells the rest."""

    pool_id: str
    drained: Literal[False]


class Status(BaseModel):
    """One pool at one moment (PM-STATUS-1, PM-STATUS-3)."""

    model_config = ConfigDict(from_attributes=True)

    pool_id: str
    live: bool
    ready: bool
    draining: bool
    active_leases: Count
    slots_total: Count
    slots_free: Count
    state: PoolState
    last_error: str | None
    engine_version: str
    device_mask: str | None
    model_path: str
    url: str | None
    pid: int | None

    @classmethod
    def of(cls, status: PoolStatus) -> Self:
        """The wire form of a snapshot."""
        return cls.model_validate(status)


class Page(BaseModel):
    """Some pools, sorted by id. ``next_after`` asks for the next page; null on the last one."""

    pools: list[Status]
    next_after: str | None


class PreloadRequest(BaseModel):
    """What to spawn. Unknown members are accepted and ignored."""

    prepared: PreparedEngine


class PreloadDone(BaseModel):
    """The engine is ready now; ``pid`` is the process that serves (PM-PRELOAD-2)."""

    pool_id: str
    ready: Literal[True]
    pid: int
    handoff_path: str


class PreloadAccepted(BaseModel):
    """The engine is still loading; the status tells the rest."""

    pool_id: str
    ready: Literal[False]


class Lease(BaseModel):
    """One slot, held until ``expires_at``; ``ttl`` is the same in seconds from now (PM-LEASE-1)."""

    lease_id: Annotated[str, Field(min_length=1)]
    pool_id: str
    expires_at: AwareDatetime
    ttl: Annotated[float, Field(ge=0)]

    @classmethod
    def of(cls, grant: LeaseGrant) -> Self:
        """The wire form of a grant."""
        return cls(lease_id=grant.lease_id, pool_id=grant.pool_id, expires_at=grant.expires_at, ttl=round(grant.ttl, 3))
