"""How the client has an engine started, and what may become of that."""

from dataclasses import replace
from typing import Any

from pact import match

from orchestratord.client import PoolManagerClient, PreparedEngine
from orchestratord.errors import Conflict, Rejected
from tests.pact.interaction import CLIENT_ERROR, SERVER_ERROR, Interaction, Reply, State, gives, problem, told
from tests.pact.statuses import POOL

_ENGINE = {
    "binary_path": "/opt/llama.cpp/bin/llama-server",
    "flags": ["--host", "127.0.0.1", "--port", "8081", "-m", "/models/llama-3.gguf", "-np", "2"],
    "host": "127.0.0.1",
    "port": 8081,
    "model_path": "/models/llama-3.gguf",
    "engine_version": "b6550",
    "pool_id": POOL,
    "replica_id": "replica-0",
    "device_mask": None,
}
PREPARED = PreparedEngine.model_validate(_ENGINE)
_PREPARED_STATE = State("an engine is prepared", {"pool": POOL})
_RUNS = State("a pool is ready", {"pool": POOL})
_TOLD = {"body": {"$.prepared": told("${prepared}", "RAW")}}

_READY_NOW = {"pool_id": POOL, "pid": match.int(4711), "handoff_path": match.str("/run/pool-managerd/handoffs/gpu-0.json")}
_READY_REPLY = Reply(200, _READY_NOW, "application/json")


def _preload(description: str, *states: State, wait: float = 0.0, prepared: Any = PREPARED, body: Any = None) -> Interaction:
    def call(client: PoolManagerClient) -> Any:
        return client.preload_pool(POOL, prepared, wait=wait)

    return Interaction(
        description,
        "core",
        states,
        "POST",
        f"/pools/{POOL}/preload",
        call,
        Reply(202),
        gives(ready=False),
        headers={"Prefer": f"wait={wait:.0f}"} if wait else {},
        body={"prepared": body or PREPARED.model_dump(mode="json")},
        from_state=_TOLD,
    )


def _accepted(interaction: Interaction) -> list[Interaction]:
    """Ready now or still loading: a daemon may wait although nobody asked, and a wait may run out."""
    return interaction.answered(
        ("it is ready", _READY_REPLY, gives(pool_id=POOL, ready=True, pid=4711)),
        ("it is loading", Reply(202), gives(pool_id=POOL, ready=False, pid=None)),
    )


_MISTYPED = {**_ENGINE, "port": "8081"}
_WITHOUT_PORT = {name: value for name, value in _ENGINE.items() if name != "port"}
_OTHER_POOL = {**_ENGINE, "pool_id": "gpu-1"}


def _refused_for_its_body(description: str, state: str, body: dict[str, Any], code: str, detail: str) -> list[Interaction]:
    made = _preload(description, State(state, {"pool": POOL}), prepared=body, body=body)
    return made.answering(problem(422, match.str(code), detail, any_of=CLIENT_ERROR), gives()).refused(Rejected)


_FAILING = _preload(
    "a preload that waits for an engine that fails", State("an engine that fails is prepared", {"pool": POOL}), wait=30
).answering(problem(502, match.str("engine_exited"), "the engine ended while loading: exit code 1", any_of=SERVER_ERROR), gives())

INTERACTIONS = [
    *_accepted(_preload("a preload that does not wait", _PREPARED_STATE)),
    *_accepted(_preload("a preload that waits", _PREPARED_STATE, wait=30)),
    *_accepted(_preload("a preload of the engine that runs already", _RUNS)),
    *_preload("a preload of another engine than the one that runs", _RUNS, State("another engine is prepared", {"pool": POOL}))
    .answering(problem(409, match.str("engine_conflict"), "another engine runs in pool 'gpu-0'"), gives())
    .refused(Conflict),
    *replace(_preload("a preload of a pool that drains", State("a pool is draining", {"pool": POOL})), profile="lifecycle")
    .answering(problem(409, match.str("pool_draining"), "pool 'gpu-0' is draining"), gives())
    .refused(Conflict),
    *_refused_for_its_body(
        "a preload without a port",
        "an engine is prepared without a port",
        _WITHOUT_PORT,
        "invalid_request",
        "body.prepared.port: Field required",
    ),
    *_refused_for_its_body(
        "a preload with a port that is a text",
        "an engine is prepared with a port that is a text",
        _MISTYPED,
        "invalid_request",
        "body.prepared.port: Input should be a valid integer",
    ),
    *_refused_for_its_body(
        "a preload of an engine of another pool",
        "an engine of another pool is prepared",
        _OTHER_POOL,
        "pool_id_mismatch",
        "the path says pool 'gpu-0', the body 'gpu-1'",
    ),
    *_FAILING.refused(Rejected),
    *_FAILING.answered(("it is loading", Reply(202), gives(ready=False))),
]
