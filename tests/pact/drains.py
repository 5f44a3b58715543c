"""How the client has a pool drained, and what may become of that."""

from typing import Any

from orchestratord.client import PoolManagerClient
from orchestratord.errors import Conflict, RouteNotFound, UnknownPool
from tests.pact.interaction import JSON, Interaction, Reply, State, gives, problem
from tests.pact.statuses import POOL

_READY = State("a pool is ready", {"pool": POOL, "slots": 2})


def _drain(description: str, *states: State, deadline: float | None = None, wait: float = 0.0) -> Interaction:
    def call(client: PoolManagerClient) -> Any:
        return client.drain_pool(POOL, deadline=deadline, wait=wait)

    return Interaction(
        description,
        "lifecycle",
        states,
        "POST",
        f"/pools/{POOL}/drain",
        call,
        Reply(202),
        gives(drained=False),
        headers={"Prefer": f"wait={wait:.0f}"} if wait else {},
        body={} if deadline is None else {"deadline_ms": int(deadline * 1000)},
    )


def _drained(*, forced: bool) -> Reply:
    return Reply(200, {"pool_id": POOL, "drained": True, "forced": forced}, JSON)


def _accepted(interaction: Interaction, *, forced: bool = False) -> list[Interaction]:
    """Over or under way: a daemon may wait although nobody asked, and a wait may run out."""
    return interaction.answered(
        ("it is over", _drained(forced=forced), gives(pool_id=POOL, drained=True, forced=forced)),
        ("it is under way", Reply(202), gives(pool_id=POOL, drained=False, forced=False)),
    )


INTERACTIONS = [
    *_accepted(_drain("draining a pool", _READY)),
    *_accepted(_drain("draining a pool and waiting for it", _READY, wait=30)),
    *_accepted(
        _drain(
            "draining a pool that drains, now at once",
            State("a pool is draining", {"pool": POOL}),
            deadline=0.0,
            wait=30,
        ),
        forced=True,
    ),
    *_drain("draining a pool that nobody knows", State("a pool is unknown", {"pool": POOL}))
    .answering(problem(404, "unknown_pool", "no pool 'gpu-0'"), gives())
    .refused(UnknownPool, plainly=RouteNotFound),
    *_drain("draining a pool that is being stopped", State("a pool is being stopped", {"pool": POOL}))
    .answering(problem(409, "pool_stopping", "pool 'gpu-0' is being stopped"), gives())
    .refused(Conflict),
]
