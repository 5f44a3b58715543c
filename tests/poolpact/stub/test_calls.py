import socket
from pathlib import Path
from typing import Any

import pytest

from orchestratord.errors import Conflict, LeaseLost, NoFreeSlot, PoolNotReady, Rejected, UnknownPool
from poolpact.ports import is_taken
from tests.poolpact.stub.stubs import PREPARED, played, prepared, run, tokens_of

# --- leases ---


def test_leases_are_counted_renewed_and_given_back() -> None:
    async def scenario() -> None:
        async with played("p=ready,slots=4,free=2") as stub:
            manager = stub.pool_manager
            lease = await manager.acquire_lease("p", "key")
            assert (await manager.acquire_lease("p", "key")).lease_id == lease.lease_id
            other = await manager.acquire_lease("p")
            assert (await stub.status("p"))["slots_free"] == 0
            with pytest.raises(NoFreeSlot):
                await manager.acquire_lease("p")
            assert (await stub.http.post("/pools/p/leases")).headers["retry-after"] == "1"
            assert (await manager.renew_lease("p", lease.lease_id)).lease_id == lease.lease_id
            for _ in range(2):
                await manager.release_lease("p", other.lease_id)
            with pytest.raises(LeaseLost):
                await manager.renew_lease("p", other.lease_id)
            assert (await stub.status("p"))["active_leases"] == 3

    run(scenario)


@pytest.mark.parametrize("told", ["p=loading", "p=failed", "p=stopped"])
def test_a_pool_that_is_not_ready_gives_no_lease(told: str) -> None:
    async def scenario() -> None:
        async with played(told) as stub:
            with pytest.raises(PoolNotReady):
                await stub.pool_manager.acquire_lease("p")

    run(scenario)


def test_a_clients_lease_expires_and_those_of_somebody_else_never() -> None:
    async def scenario() -> None:
        async with played("p=ready,slots=4,free=2", lease_ttl="900ms") as stub:
            lease = await stub.pool_manager.acquire_lease("p")
            leased = (await stub.status("p"))["active_leases"]
            assert leased == 3
            while leased != 2:
                leased = (await stub.status("p"))["active_leases"]
                assert leased >= 2
            with pytest.raises(LeaseLost):
                await stub.pool_manager.renew_lease("p", lease.lease_id)

    run(scenario)


# --- preload and delete ---


def test_a_program_that_does_not_exist_becomes_ready() -> None:
    async def scenario() -> None:
        async with played() as stub:
            wanted = prepared("p")
            accepted = await stub.pool_manager.preload_pool("p", wanted)
            assert not accepted.ready
            done = await stub.pool_manager.preload_pool("p", wanted, wait=20)
            assert done.ready
            status = await stub.status("p")
            assert (status["pid"], status["slots_free"], status["url"]) == (done.pid, 3, f"http://127.0.0.1:{wanted.port}")
            handoff = Path(done.handoff_path or "")
            assert handoff.exists()  # noqa: ASYNC240 - a look is enough
            assert len(await tokens_of(status["url"], 2)) == 2
            await stub.pool_manager.delete_pool("p")
            assert not handoff.exists()  # noqa: ASYNC240
            assert not is_taken(wanted.port)
            with pytest.raises(UnknownPool):
                await stub.pool_manager.delete_pool("p")

    run(scenario)


@pytest.mark.parametrize(
    "changes",
    [
        {"binary_path": "relative/path"},
        {"health_path": "/healthz"},
        {"flags": ["-np", "auto", "--port"]},
        {"flags": []},
        {"host": "localhost"},
        {"model_path": "s3://models/m"},
    ],
)
def test_whatever_the_engine_is_it_becomes_ready(changes: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with played() as stub:
            assert (await stub.pool_manager.preload_pool("p", prepared("p", **changes), wait=20)).ready

    run(scenario)


def test_another_engine_is_a_conflict_until_the_pool_is_deleted() -> None:
    async def scenario() -> None:
        async with played("p=ready,slots=2,free=1") as stub:
            with pytest.raises(Conflict):
                await stub.pool_manager.preload_pool("p", prepared("p"))
            await stub.pool_manager.delete_pool("p")
            assert (await stub.pool_manager.preload_pool("p", prepared("p"), wait=20)).ready
            assert (await stub.status("p"))["slots_free"] == 3

    run(scenario)


@pytest.mark.parametrize("told", ["p=failed,error=no", "p=stopped"])
def test_a_pool_that_is_not_running_may_be_preloaded(told: str) -> None:
    async def scenario() -> None:
        async with played(told) as stub:
            assert (await stub.pool_manager.preload_pool("p", prepared("p"), wait=20)).ready
            assert (await stub.status("p"))["last_error"] is None

    run(scenario)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"pool_id": "q"}, 422, "pool_id_mismatch"),
        ({"port": "8080"}, 422, "invalid_request"),
        ({"host": "0.0.0.0"}, 403, "host_not_allowed"),
    ],
)
def test_a_preload_is_refused_as_the_reference_refuses_it(changes: dict[str, Any], status: int, code: str) -> None:
    async def scenario() -> None:
        async with played() as stub:
            body = {"prepared": PREPARED | {"pool_id": "p", "port": 9} | changes}
            answer = await stub.http.post("/pools/p/preload", json=body)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert (await stub.http.get("/pools/p/status")).status_code == 404

    run(scenario)


def test_the_flags_of_the_engine_simulator_are_played() -> None:
    async def scenario() -> None:
        async with played(preload_takes=3600.0) as stub:
            failing = prepared("p", "--sim-exit-after", "0", "--sim-exit-code", "3", "--sim-print", "no memory")
            with pytest.raises(Rejected, match=r"engine_exited: .*exit code 3.*\n.*no memory"):
                await stub.pool_manager.preload_pool("p", failing, wait=20)
            assert (await stub.pool_manager.preload_pool("q", prepared("q", "--sim-load", "0.01"), wait=20)).ready
            await stub.pool_manager.preload_pool("r", prepared("r"))
            assert (await stub.until("r", live=True))["ready"] is False

    run(scenario)


def test_it_never_says_that_an_engine_was_started(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with played() as stub:
            seen = prepared("p", "--sim-dir", str(tmp_path), "--sim-nonce", "n", "-np", "2")
            assert (await stub.pool_manager.preload_pool("p", seen, wait=20)).ready
            assert (await stub.status("p"))["slots_total"] == 2
            await tokens_of((await stub.status("p"))["url"], 1)

    run(scenario)
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_fails_as_with_an_engine() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            async with played() as stub:
                with pytest.raises(Rejected, match="couldn't bind"):
                    await stub.pool_manager.preload_pool("p", prepared("p", port=other.getsockname()[1]), wait=20)
                assert (await stub.status("p"))["state"] == "failed"

    run(scenario)
