import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from poolpact.contract import Contract, ContractViolation
from poolpact.contract.files import PACT
from poolpact.contract.pact import InvalidPact, read_pact
from poolpact.exchange import ExchangeFailed, RawAnswer, over_socket
from poolpact.mock import PactAnswers, ScriptedPool, ScriptedPoolManager

Scenario = Callable[[ScriptedPoolManager], Awaitable[None]]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


ANSWERS = PactAnswers(read_pact(PACT))


def with_script(contract: Contract, scenario: Scenario, *, token: str | None = None, answers: PactAnswers = ANSWERS) -> None:
    async def run() -> None:
        manager = ScriptedPoolManager(contract, answers, token=token)
        await manager.start()
        try:
            async with asyncio.timeout(20):
                await scenario(manager)
        finally:
            await manager.close()

    asyncio.run(run())


async def ask(manager: ScriptedPoolManager, method: str, target: str, body: bytes | None = None, **headers: str) -> RawAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await over_socket(manager.url, method, target, named, body)
    if not answer.status:
        raise ExchangeFailed("hung up")
    return answer


def said(answer: RawAnswer) -> Any:
    return json.loads(answer.body)


@pytest.mark.parametrize(
    ("state", "live", "ready", "free"),
    [("ready", True, True, 2), ("loading", True, False, 0), ("stopping", True, False, 0), ("failed", False, False, 0)],
)
def test_the_status_is_the_script(contract: Contract, state: Any, live: bool, ready: bool, free: int) -> None:
    async def scenario(manager: ScriptedPoolManager) -> None:
        pool = ScriptedPool("a-b", slots_total=2)
        pool.enter(state, "a cause")
        manager.pools["a-b"] = pool
        status = said(await ask(manager, "GET", "/pools/a%2Db/status"))
        expected = {"pool_id": "a-b", "live": live, "ready": ready, "slots_free": free, "last_error": "a cause"}
        assert {name: status[name] for name in expected} == expected

    with_script(contract, scenario)


def test_leases_are_counted(contract: Contract) -> None:
    async def scenario(manager: ScriptedPoolManager) -> None:
        manager.pools["p"] = ScriptedPool("p", slots_total=2)
        first = await ask(manager, "POST", "/pools/p/leases", idempotency_key="k")
        again = await ask(manager, "POST", "/pools/p/leases", idempotency_key="k")
        assert (first.status, again.status) == (201, 200)
        assert said(first)["lease_id"] == said(again)["lease_id"]
        assert (await ask(manager, "POST", "/pools/p/leases")).status == 201
        refused = await ask(manager, "POST", "/pools/p/leases")
        assert (refused.status, said(refused)["code"], refused.headers["retry-after"]) == (429, "no_free_slot", "1")
        lease = f"/pools/p/leases/{said(first)['lease_id']}"
        assert (await ask(manager, "PUT", lease)).status == 200
        assert [(await ask(manager, "DELETE", lease)).status for _ in range(2)] == [204, 204]
        assert said(await ask(manager, "PUT", lease))["code"] == "lease_lost"
        assert said(await ask(manager, "GET", "/pools/p/status"))["active_leases"] == 1

    with_script(contract, scenario)


def test_a_lease_ends_unless_it_is_renewed() -> None:
    pool = ScriptedPool("p", lease_seconds=0.0)
    assert pool.lease("k") == ("p-lease-1", True)
    assert not pool.leases
    assert not pool.renew("p-lease-1")
    pool.lease_seconds = 60.0
    assert pool.lease("k") == ("p-lease-2", True)
    assert pool.renew("p-lease-2")
    assert pool.slots_free == 0
    pool.enter("loading")
    assert not pool.leases


def test_a_pool_that_is_not_ready_gives_no_lease(contract: Contract) -> None:
    async def scenario(manager: ScriptedPoolManager) -> None:
        manager.pools["p"] = ScriptedPool("p", state="loading")
        assert said(await ask(manager, "POST", "/pools/p/leases"))["code"] == "pool_not_ready"
        assert said(await ask(manager, "POST", "/pools/other/leases"))["code"] == "unknown_pool"

    with_script(contract, scenario)


def test_the_daemons_own_calls(contract: Contract) -> None:
    async def scenario(manager: ScriptedPoolManager) -> None:
        manager.pools = {name: ScriptedPool(name) for name in ("b", "a")}
        assert said(await ask(manager, "GET", "/health"))["status"] == "ok"
        listing = said(await ask(manager, "GET", "/pools"))
        assert [pool["pool_id"] for pool in listing["pools"]] == ["a", "b"]

    with_script(contract, scenario)


JSON = "application/json"


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "status", "code"),
    [
        ("GET", "/pools/p/status", {}, None, 404, "unknown_pool"),
        ("GET", "/nowhere", {}, None, 404, "not_found"),
        ("GET", "/pools//p/status", {}, None, 404, "not_found"),
        ("GET", "/pools/p/status/", {}, None, 404, "not_found"),
        ("GET", "/pool/p/status", {}, None, 404, "not_found"),
        ("POST", "/pools/p/status", {}, None, 405, "method_not_allowed"),
        ("PUT", "/pools/p/status", {}, None, 405, "method_not_allowed"),
        ("DELETE", "/pools/p/status", {}, None, 405, "method_not_allowed"),
        ("GET", "/pools/p/leases", {}, None, 405, "method_not_allowed"),
        ("POST", "/pools/p/leases/l", {}, None, 405, "method_not_allowed"),
        ("POST", "/health", {}, None, 405, "method_not_allowed"),
        ("GET", "/pools/.p/status", {}, None, 400, "invalid_pool_id"),
        ("GET", "/pools/a%20b/status", {}, None, 400, "invalid_pool_id"),
        ("GET", "/pools/%2e%2e/status", {}, None, 400, "invalid_pool_id"),
        ("GET", f"/pools/{'p' * 129}/status", {}, None, 400, "invalid_pool_id"),
        ("GET", "/pools?limit=0", {}, None, 422, "invalid_request"),
        ("GET", "/pools?limit=many", {}, None, 422, "invalid_request"),
        ("GET", f"/pools?after={'p' * 129}", {}, None, 422, "invalid_request"),
        ("POST", "/pools/p/leases", {"idempotency_key": "k" * 256}, None, 422, "invalid_request"),
        ("POST", "/pools/p/preload", {"content_type": "text/plain"}, b"{}", 415, "unsupported_media_type"),
        ("POST", "/pools/p/preload", {"content_type": JSON}, b"{", 400, "malformed_json"),
        ("POST", "/pools/p/preload", {"content_type": JSON}, b"{}", 422, "invalid_request"),
        ("POST", "/pools/p/preload", {"content_type": JSON}, b'{"prepared": {"pool_id": "p"}}', 422, "invalid_request"),
    ],
)
def test_what_it_refuses(
    contract: Contract, method: str, target: str, headers: dict[str, str], body: bytes | None, status: int, code: str
) -> None:
    async def scenario(manager: ScriptedPoolManager) -> None:
        answer = await ask(manager, method, target, body, **headers)
        assert (answer.status, said(answer)["code"]) == (status, code)
        assert ("allow" in answer.headers) == (status == 405)
        assert manager.refused if code != "unknown_pool" else not manager.refused

    with_script(contract, scenario)


def test_a_token_is_asked_for_everywhere_but_at_health(contract: Contract) -> None:
    async def scenario(manager: ScriptedPoolManager) -> None:
        manager.pools["p"] = ScriptedPool("p")
        assert (await ask(manager, "GET", "/health")).status == 200
        refused = await ask(manager, "GET", "/pools/p/status", authorization="Bearer wrong")
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert (await ask(manager, "GET", "/pools/p/status", authorization="Bearer right")).status == 200

    with_script(contract, scenario, token="right")


def test_it_cannot_lie(contract: Contract) -> None:
    async def scenario(manager: ScriptedPoolManager) -> None:
        manager.pools["p"] = ScriptedPool("p", slots_total="two")  # type: ignore[arg-type]
        manager.pools["p"].enter("loading")
        with pytest.raises(ExchangeFailed):
            await ask(manager, "GET", "/pools/p/status")

    with pytest.raises(ContractViolation, match="slots_total"):
        with_script(contract, scenario)


def changed_pact(description: str, change: Callable[[dict[str, Any]], None]) -> PactAnswers:
    """The pact with another answer to one interaction."""
    document = read_pact(PACT)
    raw = json.loads(json.dumps(document.named(description).raw))
    change(raw["response"])
    others = tuple(replace(each, raw=raw) if each.description == description else each for each in document.interactions)
    return PactAnswers(replace(document, interactions=others))


READY = "the status of a ready pool: in full"


def test_a_change_of_the_pact_shows_at_once(contract: Contract) -> None:
    def change(response: dict[str, Any]) -> None:
        response["body"]["content"]["engine_version"] = "from the pact"

    async def scenario(manager: ScriptedPoolManager) -> None:
        manager.pools["p"] = ScriptedPool("p")
        assert said(await ask(manager, "GET", "/pools/p/status"))["engine_version"] == "from the pact"

    with_script(contract, scenario, answers=changed_pact(READY, change))


def test_a_pact_that_contradicts_the_contract_is_not_played(contract: Contract) -> None:
    def change(response: dict[str, Any]) -> None:
        del response["body"]["content"]["live"]

    async def scenario(manager: ScriptedPoolManager) -> None:
        manager.pools["p"] = ScriptedPool("p")
        with pytest.raises(ExchangeFailed):
            await ask(manager, "GET", "/pools/p/status")

    with pytest.raises(ContractViolation, match="live"):
        with_script(contract, scenario, answers=changed_pact(READY, change))


def test_the_script_says_nothing_that_the_pact_does_not_know() -> None:
    with pytest.raises(InvalidPact, match="has no mood"):
        ANSWERS.reply(READY, mood="fine")
    with pytest.raises(InvalidPact, match="no interaction 'the weather'"):
        ANSWERS.reply("the weather")


def test_a_change_of_the_contract_shows_at_once() -> None:
    contract = Contract.load()
    contract.document["components"]["schemas"]["Status"]["required"].append("mood")

    async def scenario(manager: ScriptedPoolManager) -> None:
        manager.pools["p"] = ScriptedPool("p")
        with pytest.raises(ExchangeFailed):
            await ask(manager, "GET", "/pools/p/status")

    with pytest.raises(ContractViolation, match="mood"):
        with_script(contract, scenario)
