"""What the client asks about pools, and every status that it must understand."""

from typing import Any

from pact import match

from orchestratord.client import PoolManagerClient
from orchestratord.errors import Unauthorised, UnknownPool
from tests.pact.interaction import Interaction, Reply, State, gives, problem, raises

POOL = "gpu-0"
FULL, CORE = "in full", "its six members"


def status(*, live: bool, ready: bool, leased: int = 0, total: int = 2, free: int = 0) -> dict[str, Any]:
    """The six members that every daemon's status has."""
    return {
        "pool_id": POOL,
        "live": live,
        "ready": ready,
        "active_leases": match.int(leased),
        "slots_total": match.int(total),
        "slots_free": match.int(free),
    }


def full(
    core: dict[str, Any], state: str, *, last_error: Any = None, url: Any = None, pid: Any = None, draining: bool = False
) -> dict[str, Any]:
    """The status as the reference tells it."""
    return core | {
        "draining": draining,
        "state": state,
        "last_error": last_error,
        "engine_version": match.str("b6550"),
        "device_mask": None,
        "model_path": match.str("/models/llama-3.gguf"),
        "url": url,
        "pid": pid,
    }


PID = match.int(4711)
URL = match.regex("http://127.0.0.1:8081", regex=r"^https?://.+$")
READY = status(live=True, ready=True, free=2)
FULL_READY = full(READY, "ready", url=URL, pid=PID)
CAUSE = match.str("the engine ended while loading: exit code 1")


def _ask(client: PoolManagerClient) -> Any:
    return client.get_pool_status(POOL)


def _status(description: str, profile: str, *states: State) -> Interaction:
    return Interaction(
        description, profile, states, "GET", f"/pools/{POOL}/status", _ask, Reply(200, {}, "application/json"), gives()
    )


def _told(interaction: Interaction, core: dict[str, Any], rich: dict[str, Any], **understood: Any) -> list[Interaction]:
    basic = {name: value for name, value in understood.items() if name in core}
    return interaction.answered(
        (FULL, Reply(200, rich, "application/json"), gives(**understood)),
        (CORE, Reply(200, core, "application/json"), gives(**basic)),
    )


_LOADING = status(live=True, ready=False)
_FULL = status(live=True, ready=True, leased=2)
_FAILED = status(live=False, ready=False)

INTERACTIONS = [
    *_told(
        _status("the status of a ready pool", "core", State("a pool is ready", {"pool": POOL, "slots": 2})),
        READY,
        FULL_READY,
        live=True,
        ready=True,
        slots_free=2,
        url="http://127.0.0.1:8081",
        last_error=None,
        draining=False,
    ),
    *_told(
        _status("the status of a pool that is loading", "core", State("a pool is loading", {"pool": POOL})),
        _LOADING,
        full(_LOADING, "loading", pid=PID),
        live=True,
        ready=False,
        slots_free=0,
        url=None,
    ),
    *_status("the status of a pool that has failed", "core", State("a pool has failed to load", {"pool": POOL})).answered(
        (
            FULL,
            Reply(200, full(_FAILED, "failed", last_error=CAUSE), "application/json"),
            gives(live=False, ready=False, last_error="the engine ended while loading: exit code 1"),
        ),
        (
            "its six members and why",
            Reply(200, _FAILED | {"last_error": CAUSE}, "application/json"),
            gives(live=False, ready=False, last_error="the engine ended while loading: exit code 1"),
        ),
        ("it is forgotten", Reply(404, content_type="application/json"), raises(UnknownPool, 404)),
    ),
    *_told(
        _status(
            "the status of a pool without a free slot",
            "leases",
            State("a pool is ready", {"pool": POOL, "slots": 2}),
            State("slots are leased", {"pool": POOL, "slots": 2}),
        ),
        _FULL,
        full(_FULL, "ready", url=URL, pid=PID),
        live=True,
        ready=True,
        slots_free=0,
        active_leases=2,
    ),
    *_told(
        _status("the status of a pool that is being stopped", "lifecycle", State("a pool is being stopped", {"pool": POOL})),
        _LOADING,
        full(_LOADING, "stopping", pid=PID),
        live=True,
        ready=False,
        slots_free=0,
    ),
    *_status("the status of a pool that is draining", "lifecycle", State("a pool is draining", {"pool": POOL})).answered(
        (
            FULL,
            Reply(200, full(_LOADING, "draining", pid=PID, draining=True), "application/json"),
            gives(live=True, ready=False, draining=True),
        ),
        (
            "its six members and that it drains",
            Reply(200, _LOADING | {"draining": True}, "application/json"),
            gives(live=True, ready=False, draining=True),
        ),
    ),
    *_status("the status of a pool that nobody knows", "core", State("a pool is unknown", {"pool": POOL}))
    .answering(problem(404, match.str("unknown_pool"), "no pool 'gpu-0'"), gives())
    .refused(UnknownPool),
    *_status(
        "the status without the right token",
        "auth",
        State("a pool is ready", {"pool": POOL, "slots": 2}),
        State("the caller has a wrong token"),
    )
    .answering(problem(401, match.str("unauthorised"), "a bearer token is needed"), gives())
    .refused(Unauthorised, headers={"WWW-Authenticate": match.regex("Bearer", regex=".+")}),
]
