import asyncio
import os
import socket
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestratord.client import PoolManagerClient
from orchestratord.errors import Unauthorised, UnknownPool
from poolpact.ports import free_port, is_taken
from poolpact.stub.errors import StubRefused
from poolpact.stub.playing import stub_settings
from poolpact.stub.script import read_script
from poolpact.stub.stub import Stub
from tests.poolpact.stub.stubs import PREPARED, Played, played, run, tokens_of

# --- what is told ---


@pytest.mark.parametrize(
    ("told", "members"),
    [
        ("p=ready", {"live": True, "ready": True, "state": "ready", "active_leases": 0, "slots_total": 1, "slots_free": 1}),
        ("p=ready,slots=4,free=2", {"ready": True, "active_leases": 2, "slots_total": 4, "slots_free": 2}),
        ("p=ready,slots=2,free=0", {"ready": True, "active_leases": 2, "slots_total": 2, "slots_free": 0}),
        ("p=loading,slots=4", {"live": True, "ready": False, "state": "loading", "slots_free": 0, "slots_total": 4, "url": None}),
        ("p=failed", {"live": False, "ready": False, "state": "failed", "pid": None, "url": None}),
        ("p=failed,error=CUDA out of memory", {"live": False, "last_error": "CUDA out of memory"}),
        ("p=stopped", {"live": False, "ready": False, "state": "stopped", "last_error": None, "pid": None}),
    ],
)
def test_a_pool_is_as_told_when_the_first_request_arrives(told: str, members: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with played(told) as stub:
            status = await stub.status("p")
            assert members.items() <= status.items()

    run(scenario)


def test_pools_are_listed_and_others_are_unknown() -> None:
    async def scenario() -> None:
        async with played("b=ready", "a=failed") as stub:
            assert [pool.pool_id for pool in (await stub.pool_manager.list_pools()).pools] == ["a", "b"]
            with pytest.raises(UnknownPool):
                await stub.pool_manager.get_pool_status("c")
            assert (await stub.http.get("/pools/c/status")).json()["code"] == "unknown_pool"
            assert (await stub.http.get("/ready")).status_code == 200
            assert (await stub.http.get("/nowhere")).status_code == 404
            assert (await stub.http.put("/health")).headers["allow"] == "GET"

    run(scenario)


def test_a_pool_becomes_ready_after_its_time_and_one_without_never() -> None:
    async def scenario() -> None:
        async with played("later=loading,ready-after=200ms,slots=3,free=1", "never=loading") as stub:
            first = await stub.status("later")
            ready = await stub.until("later", ready=True, active_leases=2)
            assert (first["ready"], first["pid"]) == (False, ready["pid"])
            assert (await stub.status("never"))["state"] == "loading"

    run(scenario)


def test_what_cannot_be_played_is_refused_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def scenario() -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            monkeypatch.setattr("poolpact.stub.director.free_port", lambda: other.getsockname()[1])
            with pytest.raises(StubRefused, match=r"pool q cannot be played: .*couldn't bind"):
                async with played("p=failed", "q=ready"):
                    raise AssertionError("it plays")

    run(scenario)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("faults", [[], ["status:stall"]])
@pytest.mark.parametrize("addr", ["127.0.0.1:{port}", "localhost:{port}", "192.0.2.1:0"])
def test_an_address_that_cannot_be_had_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: list[str], addr: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    script = read_script(["p=ready"], faults, None, seed=1, preload_takes=0.0, token_interval=0.0)

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = addr.format(port=other.getsockname()[1])
            with pytest.raises(StubRefused, match=f"{taken} cannot be used"):
                await Stub(script, stub_settings({}, addr=taken, token="t", lease_ttl="30s")).__aenter__()

    run(scenario)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("faults", [[], ["status:stall"]])
@pytest.mark.parametrize(("addr", "begins"), [("[::1]:0", "http://[::1]:"), ("localhost:0", "http://127.0.0.1:")])
def test_it_listens_where_it_is_told(faults: list[str], addr: str, begins: str) -> None:
    script = read_script(["p=ready"], faults, None, seed=1, preload_takes=0.0, token_interval=0.0)

    async def scenario() -> None:
        async with Stub(script, stub_settings({}, addr=addr, token="", lease_ttl="30s")) as stub:
            assert stub.url.startswith(begins)
            async with PoolManagerClient(stub.url) as client:
                assert (await client.daemon_health()).status == "ok"

    run(scenario)


# --- tokens ---


def test_the_url_of_a_ready_pool_streams_tokens() -> None:
    async def scenario() -> None:
        async with played("p=ready,slots=2") as stub:
            assert await tokens_of((await stub.status("p"))["url"], 3) == ["the", " quick", " brown"]

    run(scenario)


def test_tokens_come_at_their_pace() -> None:
    async def scenario() -> None:
        async with played("p=ready", pace=3600.0) as stub:
            url = (await stub.status("p"))["url"]
            async with (
                httpx.AsyncClient(trust_env=False, timeout=30) as client,
                client.stream("POST", f"{url}/completion", json={"prompt": "a", "stream": True}) as answer,
            ):
                events = answer.aiter_lines()
                assert '"the"' in await anext(events)
                rest = asyncio.create_task(_next_event(events))
                done, _ = await asyncio.wait({rest}, timeout=0.2)
                assert not done
                rest.cancel()

    run(scenario)


async def _next_event(lines: AsyncIterator[str]) -> str:
    while not (line := await anext(lines)):
        pass
    return line


# --- who may call, what is told, what is left ---


def test_a_token_is_asked_for() -> None:
    async def scenario() -> None:
        async with played("p=ready", token="secret") as stub:
            assert (await stub.pool_manager.get_pool_status("p")).ready
            for wrong in ("Bearer other", "Basic secret", ""):
                answer = await stub.http.get("/pools/p/status", headers={"authorization": wrong})
                assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
                assert (await stub.http.delete("/pools/p", headers={"authorization": wrong})).status_code == 401
            assert (await stub.http.get("/health", headers={"authorization": ""})).status_code == 200
            assert (await stub.status("p"))["ready"]
            async with PoolManagerClient(stub.stub.url, token="other") as stranger:
                with pytest.raises(Unauthorised):
                    await stranger.get_pool_status("p")

    run(scenario)


def test_a_host_header_of_somebody_else_is_refused() -> None:
    async def scenario() -> None:
        async with played() as stub:
            assert (await stub.http.get("/health", headers={"host": "evil.example"})).status_code == 421

    run(scenario)


def test_every_request_is_told() -> None:
    async def scenario() -> None:
        async with played("p=ready") as stub:
            await stub.status("p")
            await stub.http.post("/pools/p/leases?x=%20")
            await stub.http.delete("/pools/q")
            told = [(each.method, each.target, each.status, each.fault) for each in stub.told]
            assert told == [
                ("GET", "/pools/p/status", 200, None),
                ("POST", "/pools/p/leases?x=%20", 201, None),
                ("DELETE", "/pools/q", 404, None),
            ]

    run(scenario)


@pytest.mark.parametrize("faults", [[], ["status:stall"]])
def test_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: list[str]) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ports: list[int] = []
    during: list[list[str]] = []

    async def scenario() -> None:
        async with played("p=ready,slots=2,free=1", "q=loading,ready-after=1h,free=0", faults=faults) as stub:
            waiting = asyncio.create_task(_wait_for(stub, "r"))
            page = (await stub.http.get("/pools?limit=1")).json()["pools"]
            ports.extend([_port(stub.stub.url), _port(page[0]["url"])])
            async with asyncio.timeout(30):
                while (await stub.http.get("/pools?after=q")).json()["pools"] == []:
                    pass
            during.append(os.listdir(tmp_path))
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, StopAsyncIteration)):
            await waiting

    run(scenario)
    assert [len(names) for names in during] == [1]
    assert list(tmp_path.iterdir()) == []
    assert not any(is_taken(port) for port in ports)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("simulated-engine")]


async def _wait_for(stub: Played, pool_id: str) -> None:
    """Wait for a pool that never becomes ready; where the stub says so in its last moment, that is the end as well."""
    body = {"prepared": PREPARED | {"pool_id": pool_id, "port": free_port(), "flags": ["--sim-wait"]}}
    answer = await stub.http.post(f"/pools/{pool_id}/preload", json=body, headers={"prefer": "wait=3600"})
    assert answer.json()["code"] == "pool_stopping"
    raise StopAsyncIteration


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])
