import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from orchestratord.client import PoolManagerClient
from orchestratord.errors import NoFreeSlot, PoolManagerError, UnknownPool
from orchestratord.pool_manager.protocol import HeldLease, PoolView
from orchestratord.pool_manager.remote import RemotePoolManager
from tests.orchestratord import raw_server
from tests.orchestratord.raw_server import Behaviour, Exchange, answers, free_port, serving, status_of

VIEW = PoolView("p", "remote", live=True, ready=True, slots_free=1, url="http://127.0.0.1:9")
LEASE = {"lease_id": "l/1", "pool_id": "p", "expires_at": "2100-01-01T00:00:00Z", "ttl": 30}


def by_path(**behaviours: Behaviour) -> Behaviour:
    """Choose by the last word of the path."""

    async def behave(exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        word = exchange.target.strip("/").rpartition("/")[2]
        await behaviours.get(word, answers(404, {"code": "not_found"}))(exchange, writer)

    return behave


async def with_manager(behave: Behaviour, work: Callable[[RemotePoolManager], Awaitable[Any]]) -> Any:
    async with serving(behave) as server:
        manager = RemotePoolManager(PoolManagerClient(server.url, deadline=5.0))
        try:
            return await work(manager), server
        finally:
            await manager.aclose()


def acquire(behave: Behaviour) -> HeldLease:
    async def work(manager: RemotePoolManager) -> HeldLease:
        return await manager.acquire(VIEW, "key")

    lease: HeldLease = asyncio.run(with_manager(behave, work))[0]
    return lease


def test_health_is_what_the_daemon_tells() -> None:
    status = status_of("p", url="http://127.0.0.1:9", last_error="it crashed once", draining=True)
    view, _ = asyncio.run(with_manager(answers(200, status), lambda manager: manager.health("p")))
    assert view == PoolView("p", "remote", True, True, True, 1, "http://127.0.0.1:9", "it crashed once")


@pytest.mark.parametrize(
    ("behave", "cause"),
    [
        (raw_server.resets, "lost"),
        (answers(404, {"code": "unknown_pool", "detail": "no pool 'p'"}), "unknown_pool: no pool 'p'"),
        (answers(200, status_of("q")), "'q'"),
    ],
)
def test_whatever_goes_wrong_is_a_pool_that_is_not_live(behave: Behaviour, cause: str) -> None:
    view, _ = asyncio.run(with_manager(behave, lambda manager: manager.health("p")))
    assert not view.live
    assert not view.ready
    assert cause in view.last_error


@pytest.mark.parametrize("pool_id", ["", "\ud800", "x" * 200_000])
def test_an_id_that_cannot_be_asked_for_is_no_exception(pool_id: str) -> None:
    view, _ = asyncio.run(with_manager(answers(200, status_of("p")), lambda manager: manager.health(pool_id)))
    assert not view.live
    assert view.last_error


def test_a_lease_is_taken_renewed_and_released() -> None:
    async def work(manager: RemotePoolManager) -> None:
        lease = await manager.acquire(VIEW, "key")
        assert lease == HeldLease("p", "remote", "l/1", 30)
        assert await manager.renew(lease) == lease
        await manager.release(lease)

    async def behave(exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        await answers(201 if exchange.method == "POST" else 200, LEASE)(exchange, writer)

    _, server = asyncio.run(with_manager(behave, work))
    assert [(request.method, request.target) for request in server.requests] == [
        ("POST", "/pools/p/leases"),
        ("PUT", "/pools/p/leases/l%2F1"),
        ("DELETE", "/pools/p/leases/l%2F1"),
    ]
    assert server.requests[0].headers["idempotency-key"] == "key"


@pytest.mark.parametrize(
    "behave",
    [
        by_path(leases=answers(405, b"")),
        by_path(leases=answers(501, b"")),
        by_path(status=answers(200, status_of("p")), health=answers(200, {"status": "ok", "version": "1"})),
        by_path(status=answers(200, status_of("p")), health=answers(200, {"status": "ok", "version": "1", "profiles": ["core"]})),
    ],
)
def test_where_no_leases_are_served_the_work_goes_on_without(behave: Behaviour) -> None:
    async def work(manager: RemotePoolManager) -> None:
        lease = await manager.acquire(VIEW, "key")
        assert lease.lease_id is None
        assert await manager.renew(lease) == lease
        await manager.release(lease)

    _, server = asyncio.run(with_manager(behave, work))
    assert not [request for request in server.requests if request.method in ("PUT", "DELETE")]


@pytest.mark.parametrize(
    "behave",
    [
        by_path(leases=answers(404, {"code": "unknown_pool"})),
        by_path(health=answers(200, {"status": "ok", "version": "1", "profiles": ["leases"]})),
        by_path(health=answers(200, {"status": "ok", "version": "1"})),
        answers(404, b"not here"),
        answers(404, {}),
    ],
)
def test_a_404_may_also_mean_that_the_pool_is_gone(behave: Behaviour) -> None:
    with pytest.raises(PoolManagerError):
        acquire(behave)


def test_a_daemon_that_has_leases_and_no_pool() -> None:
    with pytest.raises(UnknownPool):
        acquire(by_path(health=answers(200, {"status": "ok", "version": "1", "profiles": ["core", "leases"]})))


def test_no_free_slot_says_when_to_come_again() -> None:
    with pytest.raises(NoFreeSlot) as refusal:
        acquire(by_path(leases=answers(429, {"code": "no_free_slot"}, "Retry-After: 3")))
    assert refusal.value.retry_after == 3


def test_nobody_there() -> None:
    async def run() -> PoolView:
        manager = RemotePoolManager(PoolManagerClient(f"http://127.0.0.1:{free_port()}"))
        try:
            return await manager.health("p")
        finally:
            await manager.aclose()

    view = asyncio.run(run())
    assert not view.live
    assert "refused" in (view.last_error or "")
