"""What the client asks of the daemon itself, and of pools as a whole."""

from dataclasses import replace
from typing import Any

from pact import match

from orchestratord.client import PoolManagerClient
from orchestratord.errors import RouteNotFound, UnknownPool
from tests.pact.interaction import JSON, Interaction, Reply, State, gives, gives_nothing, problem
from tests.pact.statuses import POOL, status

_READY = State("a pool is ready", {"pool": POOL, "slots": 2})
_HEALTH = {"status": "ok", "version": match.regex("0.1.0", regex="^.+$")}
_PROFILES = {"profiles": match.each_like("core", min=1)}


def _health(client: PoolManagerClient) -> Any:
    return client.daemon_health()


def _list(client: PoolManagerClient) -> Any:
    return client.list_pools()


def _list_after(client: PoolManagerClient) -> Any:
    return client.list_pools("gpu-")


def _delete(client: PoolManagerClient) -> Any:
    return client.delete_pool(POOL)


def _page(outcome: Any) -> None:
    gives(next_after=None)(outcome)
    assert [pool.ready for pool in outcome.pools] == [True]


_ANY = status(live=True, ready=True, free=2) | {
    "pool_id": match.str(POOL),
    "live": match.bool(True),
    "ready": match.bool(True),
}
_PAGE = {"pools": match.each_like(_ANY, min=1)}
_PAGES = (
    ("the last page", Reply(200, _PAGE | {"next_after": None}, JSON), _page),
    ("a page", Reply(200, _PAGE, JSON), _page),
)
_GONE = Interaction("deleting a pool", "lifecycle", (_READY,), "DELETE", f"/pools/{POOL}", _delete, Reply(204), gives_nothing)

_LIST = Interaction("the pools", "lifecycle", (_READY,), "GET", "/pools", _list, Reply(200), gives())

INTERACTIONS = [
    *Interaction("the daemon's health", "core", (), "GET", "/health", _health, Reply(200), gives()).answered(
        ("with its profiles", Reply(200, _HEALTH | _PROFILES, JSON), gives(status="ok", version="0.1.0", profiles=["core"])),
        ("without profiles", Reply(200, _HEALTH, JSON), gives(status="ok", version="0.1.0", profiles=None)),
    ),
    *_LIST.answered(*_PAGES),
    *replace(_LIST, description="the pools after another", call=_list_after, query={"after": "gpu-"}).answered(*_PAGES),
    *_GONE.answered(
        ("nothing to say", Reply(204), gives_nothing),
        ("any other answer", Reply(200), gives_nothing),
    ),
    *Interaction(
        "deleting a pool that nobody knows",
        "lifecycle",
        (State("a pool is unknown", {"pool": POOL}),),
        "DELETE",
        f"/pools/{POOL}",
        _delete,
        problem(404, "unknown_pool", "no pool 'gpu-0'"),
        gives(),
    ).refused(UnknownPool, plainly=RouteNotFound),
]
