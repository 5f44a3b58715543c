import asyncio

import httpx
import pytest

from orchestratord.client import PoolManagerClient
from orchestratord.errors import ConnectionLost, NoFreeSlot, PoolManagerUnavailable, ProtocolViolation, Rejected, TimedOut
from pool_managerd.clock import SystemClock
from poolpact.exchange import over_socket
from tests.poolpact.stub.stubs import LONG, PREPARED, Played, played, run

IMPATIENT = 0.4
"""Seconds: a client's own deadline, which a fault outlasts."""


async def ask(stub: Played, deadline: float = LONG) -> bool:
    """Whether the pool is ready, asked by a client with no memory of earlier trouble."""
    async with PoolManagerClient(stub.stub.url, deadline=deadline) as client:
        return (await client.get_pool_status("p")).ready


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("delay=1h", TimedOut),
        ("stall", TimedOut),
        ("drip", TimedOut),
        ("delay=1h,status=503", TimedOut),
        ("reset", ConnectionLost),
        ("truncate", ConnectionLost),
        ("malformed", ProtocolViolation),
        ("status=503", Rejected),
        ("status=429", NoFreeSlot),
    ],
)
def test_a_client_meets_the_fault_of_its_call_and_of_no_other(how: str, seen: type[Exception]) -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=[f"status:{how}"]) as stub:
            assert (await stub.pool_manager.daemon_health()).status == "ok"
            with pytest.raises(seen):
                await ask(stub, IMPATIENT if seen is TimedOut else LONG)
            assert [pool.ready for pool in (await stub.pool_manager.list_pools()).pools] == [True]

    run(scenario)


def test_a_fault_lasts_as_long_as_told() -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=["status:malformed,times=2"]) as stub:
            for _ in range(2):
                with pytest.raises(ProtocolViolation):
                    await ask(stub)
            assert await ask(stub)
            assert await ask(stub)

    run(scenario)


def test_a_late_answer_is_right() -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=["any:delay=10ms"]) as stub:
            assert (await stub.status("p"))["ready"]
            assert [(each.status, each.fault) for each in stub.told] == [(200, "delay=0.01s")]
            assert stub.told[0].milliseconds >= 10

    run(scenario)


@pytest.mark.parametrize(("how", "leased"), [("delay=1h", 1), ("drip", 1), ("stall", 0), ("reset", 0), ("status=503", 0)])
def test_what_was_done_of_a_call_that_went_wrong(how: str, leased: int) -> None:
    async def scenario() -> None:
        async with played("p=ready,slots=2", faults=[f"acquire:{how}"]) as stub:
            async with PoolManagerClient(stub.stub.url, deadline=IMPATIENT) as client:
                with pytest.raises((PoolManagerUnavailable, Rejected)):
                    await client.acquire_lease("p")
            await stub.until("p", active_leases=leased)

    run(scenario)


def test_an_answer_without_a_body_is_truncated_as_well() -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=["delete:truncate"]) as stub:
            with pytest.raises(httpx.RemoteProtocolError):
                await stub.http.delete("/pools/p")
            assert (await stub.http.get("/pools/p/status")).status_code == 404

    run(scenario)


def test_a_refusal_is_as_the_contract_has_it() -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=["lease:status=429", "renew:status=410", "status:status=401"]) as stub:
            refused = await stub.http.post("/pools/p/leases")
            assert (refused.json()["code"], refused.headers["retry-after"]) == ("no_free_slot", "1")
            assert (await stub.http.put("/pools/p/leases/x")).json()["code"] == "lease_lost"
            assert (await stub.http.get("/pools/p/status")).headers["www-authenticate"] == "Bearer"

    run(scenario)


def test_a_seed_replays() -> None:
    async def scenario() -> None:
        first = await _statuses(7)
        assert first == await _statuses(7)
        assert {200, 503} == set(first)
        assert first != await _statuses(8)

    run(scenario)


async def _statuses(seed: int) -> list[int]:
    found = []
    async with played("p=ready", faults=["preload:status=503,p=0.5"], seed=seed) as stub:
        for _ in range(24):
            answer = await stub.http.post("/pools/q/preload", json={})
            found.append(503 if answer.status_code == 503 else 200)
    return found


# --- where nothing goes wrong, it is the same stub ---


def test_beside_its_faults_a_stub_is_as_told() -> None:
    async def scenario() -> None:
        async with played("p=ready,slots=4,free=2", "q=failed,error=no", faults=["health:stall"], token="secret") as stub:
            assert (await stub.status("p"))["active_leases"] == 2
            assert (await stub.status("q"))["last_error"] == "no"
            assert (await stub.http.get("/pools/nobody/status")).json()["code"] == "unknown_pool"
            assert (await stub.http.get("/nowhere")).json()["code"] == "not_found"
            assert (await stub.http.patch("/pools/p")).headers["allow"] == "DELETE"
            lease = (await stub.http.post("/pools/p/leases", headers={"idempotency-key": "k"})).json()["lease_id"]
            assert (await stub.http.delete(f"/pools/p/leases/{lease}")).status_code == 204
            body = {"prepared": PREPARED | {"pool_id": "r", "port": 65535, "host": "0.0.0.0"}}
            assert (await stub.http.post("/pools/r/preload", json=body)).json()["code"] == "host_not_allowed"
            assert (await stub.http.get("/pools/p/status", headers={"host": "evil.example"})).status_code == 421
            assert [each.fault for each in stub.told] == [None] * len(stub.told)

    run(scenario)


def test_a_head_is_answered_without_a_body() -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=["status:stall"]) as stub:
            answer = await over_socket(stub.stub.url, "HEAD", "/health", {}, None)
            assert (answer.status, answer.body, int(answer.headers["content-length"]) > 0) == (405, b"", True)

    run(scenario)


def test_two_tokens_are_none() -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=["list:stall"], token="secret") as stub:
            both = [("authorization", "Bearer secret"), ("authorization", "Bearer secret")]
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.get(f"{stub.stub.url}/pools/p/status", headers=both)
            assert answer.status_code == 401

    run(scenario)


def test_connections_are_kept() -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=["list:stall"]) as stub:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(stub.stub.url.rsplit(":", 1)[1]))
            for _ in range(3):
                writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(int(line.split(b":")[1]) for line in head.splitlines() if line.startswith(b"content-length"))
                assert b'"ok"' in await reader.readexactly(length)
            writer.close()
            await writer.wait_closed()

    run(scenario)


def test_a_request_that_stalls_is_told_when_the_client_gives_up() -> None:
    async def scenario() -> None:
        async with played("p=ready", faults=["status:stall"]) as stub:
            with pytest.raises(TimedOut):
                await ask(stub, IMPATIENT)
            while not stub.told:
                await SystemClock().sleep(0)
            assert (stub.told[0].target, stub.told[0].status, stub.told[0].fault) == ("/pools/p/status", None, "stall")

    run(scenario)
