"""The state machine of a pool: contracts/states.md as code, and nothing else."""

from enum import StrEnum
from typing import Final


class PoolState(StrEnum):
    """Where a pool is."""

    ABSENT = "absent"
    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"
    STOPPING = "stopping"
    FAILED = "failed"
    STOPPED = "stopped"


AT_REST: Final = frozenset({PoolState.ABSENT, PoolState.READY, PoolState.FAILED, PoolState.STOPPED})
"""States that nobody's call is still leading out of."""


class PoolEvent(StrEnum):
    """What happens to a pool: calls, and what its engine does."""

    PRELOAD_SAME = "preload same"
    PRELOAD_OTHER = "preload other"
    DELETE = "DELETE"
    DRAIN = "drain"
    ENGINE_HEALTHY = "engine healthy"
    ENGINE_EXITED_OK = "engine exits 0"
    ENGINE_EXITED_BADLY = "engine exits otherwise"
    SPAWN_FAILED = "spawn fails"
    STARTUP_TIMEOUT = "start-up time-out"
    ENGINE_GONE = "engine gone"


TRANSITIONS: Final[dict[tuple[PoolState, PoolEvent], PoolState]] = {
    (PoolState.ABSENT, PoolEvent.PRELOAD_SAME): PoolState.LOADING,
    (PoolState.ABSENT, PoolEvent.PRELOAD_OTHER): PoolState.LOADING,
    (PoolState.LOADING, PoolEvent.PRELOAD_SAME): PoolState.LOADING,
    (PoolState.LOADING, PoolEvent.DELETE): PoolState.STOPPING,
    (PoolState.LOADING, PoolEvent.DRAIN): PoolState.DRAINING,
    (PoolState.LOADING, PoolEvent.ENGINE_HEALTHY): PoolState.READY,
    (PoolState.LOADING, PoolEvent.ENGINE_EXITED_OK): PoolState.FAILED,
    (PoolState.LOADING, PoolEvent.ENGINE_EXITED_BADLY): PoolState.FAILED,
    (PoolState.LOADING, PoolEvent.SPAWN_FAILED): PoolState.FAILED,
    (PoolState.LOADING, PoolEvent.STARTUP_TIMEOUT): PoolState.FAILED,
    (PoolState.READY, PoolEvent.PRELOAD_SAME): PoolState.READY,
    (PoolState.READY, PoolEvent.DELETE): PoolState.STOPPING,
    (PoolState.READY, PoolEvent.DRAIN): PoolState.DRAINING,
    (PoolState.READY, PoolEvent.ENGINE_EXITED_OK): PoolState.STOPPED,
    (PoolState.READY, PoolEvent.ENGINE_EXITED_BADLY): PoolState.FAILED,
    (PoolState.DRAINING, PoolEvent.DELETE): PoolState.STOPPING,
    (PoolState.DRAINING, PoolEvent.DRAIN): PoolState.DRAINING,
    (PoolState.DRAINING, PoolEvent.ENGINE_EXITED_OK): PoolState.STOPPED,
    (PoolState.DRAINING, PoolEvent.ENGINE_EXITED_BADLY): PoolState.FAILED,
    (PoolState.DRAINING, PoolEvent.ENGINE_GONE): PoolState.STOPPED,
    (PoolState.STOPPING, PoolEvent.DELETE): PoolState.STOPPING,
    (PoolState.STOPPING, PoolEvent.ENGINE_GONE): PoolState.ABSENT,
    (PoolState.FAILED, PoolEvent.PRELOAD_SAME): PoolState.LOADING,
    (PoolState.FAILED, PoolEvent.PRELOAD_OTHER): PoolState.LOADING,
    (PoolState.FAILED, PoolEvent.DRAIN): PoolState.FAILED,
    (PoolState.FAILED, PoolEvent.DELETE): PoolState.ABSENT,
    (PoolState.STOPPED, PoolEvent.PRELOAD_SAME): PoolState.LOADING,
    (PoolState.STOPPED, PoolEvent.PRELOAD_OTHER): PoolState.LOADING,
    (PoolState.STOPPED, PoolEvent.DRAIN): PoolState.STOPPED,
    (PoolState.STOPPED, PoolEvent.DELETE): PoolState.ABSENT,
}


def next_state(state: PoolState, event: PoolEvent) -> PoolState | None:
    """The state after ``event``, or None where the table refuses it."""
    return TRANSITIONS.get((state, event))
