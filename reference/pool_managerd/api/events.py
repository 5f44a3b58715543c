"""What a reader of the events is told, as server-sent events: contracts/openapi.yaml has their data."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from pool_managerd.api.models import Status
from pool_managerd.domain.feed import Change, Gap
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.manager.changes import Heartbeat, Numbered, Reset, Snapshot, Told


class PoolsSnapshot(BaseModel):
    """All pools at one moment, sorted by id."""

    pools: list[Status]


class PoolChange(Status):
    """The status of a pool after a change, and what changed: ``before`` is called ``from`` on the wire."""

    before: Annotated[PoolState, Field(serialization_alias="from")]
    to: PoolState
    cause: str

    @classmethod
    def of_change(cls, change: Change) -> Self:
        """The wire form of a change."""
        status = Status.of(change.status).model_dump()
        return cls(**status, before=change.before, to=change.status.state, cause=change.cause)


class ReaderReset(BaseModel):
    """Something was missed; a snapshot follows."""

    reason: Gap


def rendered(told: Told) -> bytes:
    """One server-sent event, or a comment where there is nothing to tell."""
    match told:
        case Snapshot(event_id, pools):
            return _event("snapshot", PoolsSnapshot(pools=[Status.of(pool) for pool in pools]), event_id)
        case Numbered(event_id, change):
            return _event("change", PoolChange.of_change(change), event_id)
        case Reset(gap):
            return _event("reset", ReaderReset(reason=gap))
        case Heartbeat():
            return b": nothing has happened\n\n"


def _event(name: str, data: BaseModel, event_id: str | None = None) -> bytes:
    identified = "" if event_id is None else f"id: {event_id}\n"
    # JSON has its line ends escaped: the data is always one line.
    return f"{identified}event: {name}\ndata: {data.model_dump_json(by_alias=True)}\n\n".encode()
