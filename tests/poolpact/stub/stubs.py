"""Stubs over real HTTP; every answer to the client is held against contracts/openapi.yaml."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from orchestratord.client import PoolManagerClient
from orchestratord.client.models import PreparedEngine
from poolpact.contract import Contract
from poolpact.ports import free_port
from poolpact.stub.exchanges import Exchange
from poolpact.stub.playing import stub_settings
from poolpact.stub.script import read_script
from poolpact.stub.strictness import Strictness
from poolpact.stub.stub import Stub

CONTRACT = Contract.load()
LONG = 30.0
PREPARED = {
    "binary_path": "/nowhere/on/this/machine",
    "flags": ["-np", "3"],
    "host": "127.0.0.1",
    "model_path": "/models/m.gguf",
    "engine_version": "b1",
    "replica_id": "r0",
    "device_mask": None,
}


@dataclass
class Played:
    """A stub, a client whose answers must keep the contract, and what the stub told of each request."""

    stub: Stub
    http: httpx.AsyncClient
    pool_manager: PoolManagerClient
    told: list[Exchange] = field(default_factory=list)

    async def status(self, pool_id: str) -> dict[str, Any]:
        answer = await self.http.get(f"/pools/{pool_id}/status")
        assert answer.status_code == 200
        status: dict[str, Any] = answer.json()
        return status

    async def until(self, pool_id: str, **members: Any) -> dict[str, Any]:
        """The first status of the pool that has these members."""
        async with asyncio.timeout(LONG):
            while True:
                status = await self.status(pool_id)
                if status.items() >= members.items():
                    return status


async def _keeps_the_contract(answer: httpx.Response) -> None:
    await answer.aread()
    target = answer.request.url.raw_path.decode()
    CONTRACT.check(answer.request.method, target, answer.status_code, answer.headers, answer.content)


@contextlib.asynccontextmanager
async def played(
    *pools: str,
    faults: Sequence[str] = (),
    token: str = "",
    lease_ttl: str = "30s",
    preload_takes: float = 0.02,
    pace: float = 0.0,
    seed: int = 1,
    strictness: Strictness | None = None,
) -> AsyncIterator[Played]:
    script = read_script(pools, faults, None, seed=seed, preload_takes=preload_takes, token_interval=pace)
    settings = stub_settings({}, addr="127.0.0.1:0", token=token, lease_ttl=lease_ttl)
    told: list[Exchange] = []
    authorised = {"authorization": f"Bearer {token}"} if token else {}
    async with asyncio.timeout(LONG), Stub(script, settings, told.append, strictness) as stub:
        http = httpx.AsyncClient(
            base_url=stub.url,
            headers=authorised,
            timeout=LONG,
            trust_env=False,
            event_hooks={"response": [_keeps_the_contract]},
        )
        async with http, PoolManagerClient(stub.url, token=token or None, deadline=LONG) as client:
            yield Played(stub, http, client, told)


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())


def prepared(pool_id: str, *flags: str, **changes: Any) -> PreparedEngine:
    members = PREPARED | {"pool_id": pool_id, "port": free_port()} | ({"flags": list(flags)} if flags else {}) | changes
    return PreparedEngine.model_validate(members)


async def tokens_of(url: str, count: int) -> list[str]:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.post(f"{url}/completion", json={"prompt": "a b", "n_predict": count, "stream": True})
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]
    assert events[-1]["stop"]
    return [event["content"] for event in events[:-1]]
