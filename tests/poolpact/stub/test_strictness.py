"""A stub that is strict says which requests the contract does not describe, whatever it answers to them."""

import json
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from poolpact.ports import free_port
from poolpact.stub.strictness import Strictness
from tests.poolpact.stub.stubs import CONTRACT, LONG, PREPARED, played, prepared, run
from tests.poolpact.stub.test_cli import Running, stub

FRONTS = pytest.mark.parametrize("faults", [(), ("health:reset,times=1",)], ids=["plain", "faulty"])
BODY = PREPARED | {"pool_id": "new", "port": 8081}
JSON = {"content-type": "application/json"}


def preload(**changes: Any) -> bytes:
    changed = BODY | changes
    return json.dumps({"prepared": {name: value for name, value in changed.items() if value is not ...}}).encode()


@FRONTS
@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "expected"),
    [
        ("POST", "/pools/p/status", {}, b"", "the contract has no POST /pools/{pool_id}/status"),
        ("GET", "/pool/p/status", {}, b"", "the contract has no path '/pool/p/status'"),
        ("GET", "/pools/p/status/", {}, b"", "the contract has no path '/pools/p/status/'"),
        ("GET", "/pools/.p/status", {}, b"", "path.pool_id: '.p' does not match"),
        ("GET", "/pools?limit=0", {}, b"", "query.limit: 0 is less than the minimum of 1"),
        ("POST", "/pools/p/leases", {"idempotency-key": "x" * 300}, b"", "header.Idempotency-Key: "),
        ("POST", "/pools/new/preload", {"content-type": "text/plain"}, preload(), "content type text/plain"),
        ("POST", "/pools/new/preload", JSON, preload()[:-1], "the body is not JSON"),
        ("POST", "/pools/new/preload", JSON, preload(port="8081"), "body.prepared.port: '8081' is not of type 'integer'"),
        ("POST", "/pools/new/preload", JSON, preload(port=...), "body.prepared: 'port' is a required property"),
    ],
)
def test_a_request_that_the_contract_does_not_describe_is_told_with_what_is_wrong(
    faults: tuple[str, ...], method: str, target: str, headers: dict[str, str], body: bytes, expected: str
) -> None:
    async def scenario() -> None:
        strictness = Strictness(CONTRACT)
        async with played("p=ready", faults=faults, strictness=strictness) as it:
            answer = await it.http.request(method, target, headers=headers, content=body)
            assert 400 <= answer.status_code < 500
            assert expected in str(it.told[-1].wrong)
            assert expected in str(it.told[-1])
            assert (strictness.undescribed, strictness.requests) == (1, 1)

    run(scenario)


@FRONTS
def test_every_call_of_the_reference_client_is_described_and_answered_as_ever(faults: tuple[str, ...]) -> None:
    async def scenario() -> None:
        strictness = Strictness(CONTRACT)
        async with played("p=ready,slots=2", faults=faults, strictness=strictness) as it:
            client = it.pool_manager
            await client.list_pools()
            assert (await client.preload_pool("new", prepared("new"), wait=LONG)).ready
            assert (await client.get_pool_status("new")).ready
            lease = await client.acquire_lease("p", "a key")
            await client.renew_lease("p", lease.lease_id)
            await client.release_lease("p", lease.lease_id)
            await client.delete_pool("new")
        assert [exchange.wrong for exchange in it.told] == [None] * 7
        assert str(strictness) == "0 of 7 requests are not in the contract"

    run(scenario)


def test_a_fault_hides_nothing() -> None:
    async def scenario() -> None:
        strictness = Strictness(CONTRACT)
        async with played("p=ready", faults=["preload:status=503"], strictness=strictness) as it:
            answer = await it.http.post("/pools/new/preload", content=preload(port=0), headers=JSON)
            assert answer.status_code == 503
            assert str(it.told[0]).endswith(
                "fault status=503 not in the contract: body.prepared.port: 0 is less than the minimum of 1"
            )

    run(scenario)


def test_without_it_nobody_is_judged() -> None:
    async def scenario() -> None:
        async with played("p=ready") as it:
            await it.http.get("/pool")
            assert it.told[0].wrong is None

    run(scenario)


# --- as a process ---


def ask(url: str, body: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, JSON), timeout=LONG) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def said_in_the_end(running: Running) -> list[str]:
    return [line.split(" ms ")[-1] for line in running.lines[running.lines.index(_url_line(running)) + 1 :]]


def _url_line(running: Running) -> str:
    return next(line for line in running.lines if line.startswith("url "))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("faults", [[], ["--fault", "health:reset"]])
def test_one_wrong_request_is_exit_code_1(tmp_path: Path, number: signal.Signals, faults: list[str]) -> None:
    with stub(tmp_path, "--strict", "--quiet", "--pool", "p=ready", *faults) as running:
        url = running.until_line("url")
        assert ask(f"{url}/pools/p/status") == 200
        assert ask(f"{url}/pools/new/preload", preload(port="8081")) == 422
        assert running.end(number) == 1
        assert said_in_the_end(running) == [
            "not in the contract: body.prepared.port: '8081' is not of type 'integer'",
            "strict 1 of 2 requests are not in the contract",
        ]


def test_without_a_wrong_request_it_is_0_even_when_a_request_was_refused(tmp_path: Path) -> None:
    with stub(tmp_path, "--strict", "--quiet", "--pool", "p=ready") as running:
        url = running.until_line("url")
        assert ask(f"{url}/pools/p/status") == 200
        assert ask(f"{url}/pools/nobody/status") == 404
        assert ask(f"{url}/pools/new/preload", preload(port=free_port())) == 202
        assert running.end(signal.SIGTERM) == 0
        assert said_in_the_end(running) == ["strict 0 of 3 requests are not in the contract"]


def test_without_the_flag_a_wrong_request_is_still_exit_code_0(tmp_path: Path) -> None:
    with stub(tmp_path, "--pool", "p=ready") as running:
        assert ask(f"{running.until_line('url')}/pool") == 404
        assert running.end(signal.SIGTERM) == 0
        assert "not in the contract" not in "".join(running.lines)
