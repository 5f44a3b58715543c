"""How the client takes, keeps and gives back slots."""

from typing import Any

from pact import match

from orchestratord.client import PoolManagerClient
from orchestratord.errors import LeaseLost, NoFreeSlot, PoolNotReady, RouteNotFound, UnknownPool
from tests.pact.interaction import JSON, Interaction, Reply, State, gives, gives_nothing, problem, raises, told
from tests.pact.statuses import POOL

LEASE = "lease-1"
_KEY = "task-42"
_READY = State("a pool is ready", {"pool": POOL, "slots": 2})
_HELD = State("a lease is held", {"pool": POOL, "lease": LEASE})
_GIVEN_BACK = State("a lease was given back", {"pool": POOL, "lease": LEASE})
_EXPIRES = match.regex("2026-01-01T00:00:30Z", regex=r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$")
_CORE = {"lease_id": match.regex(LEASE, regex="^.+$"), "expires_at": _EXPIRES}
_FULL = _CORE | {"pool_id": POOL, "ttl": match.number(30)}
_ONE_LEASE = f"/pools/{POOL}/leases/{LEASE}"
_LEASE_OF_STATE = {"path": told(f"/pools/{POOL}/leases/${{lease_id}}", "STRING")}


def _acquire(description: str, *states: State, key: str | None = None) -> Interaction:
    def call(client: PoolManagerClient) -> Any:
        return client.acquire_lease(POOL, key)

    headers = {} if key is None else {"Idempotency-Key": key}
    from_state = {} if key is None else {"header": {"Idempotency-Key": told("${key}", "STRING")}}
    return Interaction(
        description,
        "leases",
        states,
        "POST",
        f"/pools/{POOL}/leases",
        call,
        Reply(201),
        gives(),
        headers=headers,
        from_state=from_state,
    )


def _granted(interaction: Interaction, *statuses: int) -> list[Interaction]:
    kinds = (("in full", _FULL, {"lease_id": LEASE, "ttl": 30}), ("its id and its end", _CORE, {"lease_id": LEASE, "ttl": None}))
    return interaction.answered(
        *(
            (what if len(statuses) == 1 else f"{what}, {status}", Reply(status, body, JSON), gives(**understood))
            for status in statuses
            for what, body, understood in kinds
        )
    )


def _on_lease(description: str, method: str, *states: State) -> Interaction:
    def call(client: PoolManagerClient) -> Any:
        return (client.renew_lease if method == "PUT" else client.release_lease)(POOL, LEASE)

    return Interaction(description, "leases", states, method, _ONE_LEASE, call, Reply(200), gives(), from_state=_LEASE_OF_STATE)


def _done(interaction: Interaction) -> list[Interaction]:
    return interaction.answered(
        ("nothing to say", Reply(204), gives_nothing),
        ("any other answer", Reply(200), gives_nothing),
    )


_LOST = _on_lease("renewing a lease that was given back", "PUT", _READY, _GIVEN_BACK)

INTERACTIONS = [
    *_granted(_acquire("taking a slot", _READY), 201),
    *_granted(_acquire("taking a slot with a key", _READY, State("a key that is new", {"pool": POOL}), key=_KEY), 201),
    *_granted(
        _acquire(
            "taking a slot with the key of a lease that is held",
            _READY,
            State("a lease with a key is held", {"pool": POOL, "lease": LEASE}),
            key=_KEY,
        ),
        200,
        201,
    ),
    *_acquire("taking a slot where all are leased", _READY, State("slots are leased", {"pool": POOL, "slots": 2}))
    .answering(problem(429, match.str("no_free_slot"), "all 2 slots are leased"), gives())
    .refused(NoFreeSlot, headers={"Retry-After": match.regex("1", regex=r"^\d+$")}),
    *_acquire("taking a slot of a pool that is loading", State("a pool is loading", {"pool": POOL}))
    .answering(problem(409, match.str("pool_not_ready"), "pool 'gpu-0' is loading, not ready"), gives())
    .refused(PoolNotReady),
    *_acquire("taking a slot of a pool that nobody knows", State("a pool is unknown", {"pool": POOL}))
    .answering(problem(404, "unknown_pool", "no pool 'gpu-0'"), gives())
    .refused(UnknownPool, plainly=RouteNotFound),
    *_granted(_on_lease("renewing a lease", "PUT", _READY, _HELD), 200),
    *_LOST.answering(problem(410, match.str("lease_lost"), "the lease is no longer held"), gives()).refused(LeaseLost),
    *_LOST.answered(("it was never there", Reply(404, content_type=JSON), raises(RouteNotFound, 404))),
    *_done(_on_lease("giving a slot back", "DELETE", _READY, _HELD)),
    *_done(_on_lease("giving a slot back again", "DELETE", _READY, _GIVEN_BACK)),
]
