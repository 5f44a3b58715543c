import asyncio
from collections.abc import Awaitable, Callable

import pytest

from orchestratord.client import PoolManagerClient
from orchestratord.errors import PoolManagerError, Unreachable
from orchestratord.pool_manager.fallback import FallbackPoolManager
from orchestratord.pool_manager.protocol import PoolView
from orchestratord.pool_manager.remote import RemotePoolManager
from tests.orchestratord import raw_server
from tests.orchestratord.raw_server import Behaviour, answers, free_port, serving, status_of
from tests.orchestratord.scripted import ScriptedPoolManager
from tests.orchestratord.waiting import until

OWN = PoolView("own", "embedded", live=True, ready=True, slots_free=1, url="http://127.0.0.1:9")


class OwnPools(ScriptedPoolManager):
    """The pools "own" and "shared", started unless told otherwise."""

    def __init__(self) -> None:
        super().__init__(OWN)
        self.started: list[str] = []

    def own_ids(self) -> tuple[str, ...]:
        return ("own", "shared")

    async def start(self, without: frozenset[str] = frozenset()) -> None:
        self.started += [pool_id for pool_id in self.own_ids() if pool_id not in without]

    def has(self, pool_id: str) -> bool:
        return pool_id in self.started


Work = Callable[[FallbackPoolManager, OwnPools], Awaitable[None]]


async def with_remote(url: str, work: Work, deadline: float = 5.0) -> None:
    own = OwnPools()
    manager = FallbackPoolManager(RemotePoolManager(PoolManagerClient(url, deadline=deadline)), own)
    try:
        await manager.start()
        await work(manager, own)
    finally:
        await manager.aclose()


def test_own_pools_are_answered_for_when_no_connection_can_be_made() -> None:
    async def work(manager: FallbackPoolManager, own: OwnPools) -> None:
        started = list(own.started)
        assert started == ["own", "shared"]
        view = await manager.health("own")
        assert view == OWN
        lease = await manager.acquire(view, "key")
        assert lease.source == "embedded"
        await manager.renew(lease)
        await manager.release(lease)
        assert not own.leases
        assert own.started == started

    asyncio.run(with_remote(f"http://127.0.0.1:{free_port()}", work))


def test_other_pools_are_not() -> None:
    async def work(manager: FallbackPoolManager, own: OwnPools) -> None:
        view = await manager.health("somebody-elses")
        assert (view.source, view.live) == ("remote", False)
        assert "refused" in (view.last_error or "")

    asyncio.run(with_remote(f"http://127.0.0.1:{free_port()}", work))


@pytest.mark.parametrize(
    "behave",
    [
        answers(404, {"code": "unknown_pool"}),
        answers(500, {}),
        answers(503, {}),
        answers(401, {}),
        answers(200, b"nonsense"),
        answers(302, b"", "Location: http://127.0.0.1:1/"),
        raw_server.stalls,
        raw_server.resets,
    ],
)
def test_an_answer_a_timeout_and_a_broken_connection_are_the_daemons(behave: Behaviour) -> None:
    async def work(manager: FallbackPoolManager, own: OwnPools) -> None:
        view = await manager.health("own")
        assert (view.source, view.live, view.ready) == ("remote", False, False)

    async def run() -> None:
        async with serving(behave) as server:
            await with_remote(server.url, work, deadline=0.3)

    asyncio.run(run())


def test_a_pool_that_the_daemon_runs_is_not_started_twice() -> None:
    async def behave(exchange: raw_server.Exchange, writer: asyncio.StreamWriter) -> None:
        known = exchange.target == "/pools/shared/status"
        await (answers(200, status_of("shared")) if known else answers(404, {}))(exchange, writer)

    async def work(manager: FallbackPoolManager, own: OwnPools) -> None:
        assert own.started == ["own"]
        assert (await manager.health("shared")).source == "remote"

    async def run() -> None:
        async with serving(behave) as server:
            await with_remote(server.url, work)

    asyncio.run(run())


def test_the_daemon_is_asked_again_once_it_is_back() -> None:
    async def run() -> None:
        port = free_port()

        async def work(manager: FallbackPoolManager, own: OwnPools) -> None:
            assert (await manager.health("own")).source == "embedded"

            async def remote() -> bool:
                return (await manager.health("own")).source == "remote"

            async with serving(answers(200, status_of("own")), port):
                await until(remote)
            assert own.started == ["own", "shared"]

        await with_remote(f"http://127.0.0.1:{port}", work)

    asyncio.run(run())


def test_a_lease_goes_back_to_whoever_gave_it() -> None:
    async def run() -> None:
        lease = {"lease_id": "l", "expires_at": "2100-01-01T00:00:00Z", "ttl": 30}
        async with serving(answers(200, {**status_of("own"), **lease})) as server:
            own = OwnPools()
            manager = FallbackPoolManager(RemotePoolManager(PoolManagerClient(server.url)), own)
            held = await manager.acquire(await manager.health("own"), "key")
            await manager.release(held)
            assert held.source == "remote"
            assert not own.keys
            assert [request.method for request in server.requests] == ["GET", "POST", "DELETE"]
            await manager.aclose()

    asyncio.run(run())


def test_a_lease_is_never_taken_here_for_a_pool_of_the_daemons() -> None:
    async def work(manager: FallbackPoolManager, own: OwnPools) -> None:
        with pytest.raises(Unreachable):
            await manager.acquire(PoolView("own", "remote", live=True, ready=True, slots_free=1), "key")
        assert not own.keys

    asyncio.run(with_remote(f"http://127.0.0.1:{free_port()}", work))


def test_closing_closes_both_even_when_one_fails() -> None:
    class Failing(OwnPools):
        async def aclose(self) -> None:
            raise PoolManagerError("engine stuck")

    async def run() -> None:
        client = PoolManagerClient()
        with pytest.raises(PoolManagerError):
            await FallbackPoolManager(RemotePoolManager(client), Failing()).aclose()

    asyncio.run(run())
