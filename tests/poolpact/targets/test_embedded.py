import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from fastapi import FastAPI

from poolpact.contract import ContractViolation, Coverage, load_document
from poolpact.exchange import over_socket
from poolpact.options import Options
from poolpact.targets.embedded import EmbeddedPoolManager, EmbeddedTarget
from poolpact.virtual.loop import IdleTellingLoop
from poolpact.world import World


def run(scratch: Path, scenario: Callable[[EmbeddedTarget, World], Awaitable[None]]) -> None:
    loop = IdleTellingLoop()

    async def main() -> None:
        target = EmbeddedTarget(Options(), scratch)
        await target.start()
        world = World(target, Options())
        try:
            await scenario(target, world)
        finally:
            await world.aclose()
            await target.aclose()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
        structlog.reset_defaults()


def test_equal_settings_share_a_pool_manager(tmp_path: Path) -> None:
    async def scenario(target: EmbeddedTarget, world: World) -> None:
        usual = await target.pool_manager({})
        assert await target.pool_manager({}) is usual
        guarded = await target.pool_manager({"POOL_MANAGERD_TOKEN": "t"})
        assert guarded is not usual
        assert (await guarded.send("GET", "/pools")).status == 200
        assert (await guarded.send("GET", "/pools", authorised=False)).status == 401

    run(tmp_path, scenario)


def test_a_waiting_call_lets_virtual_time_pass(tmp_path: Path) -> None:
    async def scenario(target: EmbeddedTarget, world: World) -> None:
        manager = await world.use_manager()
        await target.bring_about(manager, world.prepared("gpu-0", "--sim-load", "9"), "ready")
        assert target.time.now() >= 9.0
        assert target.is_alive(world.records.starts(world.pool("gpu-0").nonce)[0]["pid"])

    run(tmp_path, scenario)


def test_a_call_that_is_begun_leaves_time_alone(tmp_path: Path) -> None:
    async def scenario(target: EmbeddedTarget, world: World) -> None:
        manager = await world.use_manager()
        call = manager.begin("GET", "/health")
        before = target.time.now()
        answer = await target.time.complete(call, within=1.0, what="an answer")
        assert (answer.status, target.time.now(), answer.elapsed) == (200, before, 0.0)

    run(tmp_path, scenario)


def test_pools_are_led_into_every_condition_and_away_again(tmp_path: Path) -> None:
    async def scenario(target: EmbeddedTarget, world: World) -> None:
        manager = await world.use_manager()
        flags = {"loading": ("--sim-wait",), "failed": ("--sim-exit-after", "0"), "stopping": ("--sim-ignore-term",)}
        states = {}
        for condition in ("ready", "loading", "failed", "stopped", "stopping"):
            prepared = world.prepared(condition, *flags.get(condition, ()))
            await target.bring_about(manager, prepared, condition)
            states[condition] = (await manager.send("GET", f"/pools/{prepared['pool_id']}/status")).json()["state"]
        assert states == {condition: condition for condition in states}
        await target.dismiss(manager, [pool.id for pool in world.pools])
        assert (await manager.send("GET", "/pools")).json()["pools"] == []

    run(tmp_path, scenario)


def test_its_api_is_on_the_network_for_who_wants_it_there(tmp_path: Path) -> None:
    async def scenario(target: EmbeddedTarget, world: World) -> None:
        line = await target.line(await world.use_manager())
        answer = await asyncio.wait_for(over_socket(line.url, "GET", "/health", {}, None), 10.0)
        assert answer.status == 200

    run(tmp_path, scenario)


async def healthy_to_a_fault(scope: Any, _receive: Any, send: Any) -> None:
    """An application that answers every call with a health that lacks its version."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"status": "ok", "profiles": []}'})


async def ask(manager: EmbeddedPoolManager, target: EmbeddedTarget) -> None:
    await manager.send("GET", "/health")


async def begin_to_ask(manager: EmbeddedPoolManager, target: EmbeddedTarget) -> None:
    await target.time.complete(manager.begin("GET", "/health"), within=1.0, what="an answer")
    await target.dismiss(manager, [])


async def let_somebody_ask(manager: EmbeddedPoolManager, target: EmbeddedTarget) -> None:
    line = await target.line(manager)
    assert (await over_socket(line.url, "GET", "/health", {}, None)).status == 200
    await target.dismiss(manager, [])


@pytest.mark.parametrize("how", [ask, begin_to_ask, let_somebody_ask])
def test_an_answer_that_breaks_the_contract_is_seen(
    tmp_path: Path, how: Callable[[EmbeddedPoolManager, EmbeddedTarget], Awaitable[None]]
) -> None:
    async def scenario(target: EmbeddedTarget, world: World) -> None:
        manager = await target.pool_manager({})
        manager.app = cast(FastAPI, healthy_to_a_fault)
        with pytest.raises(ContractViolation, match="'version' is a required property"):
            await how(manager, target)

    run(tmp_path, scenario)


def test_what_was_seen_is_left_in_the_folder_of_the_run(tmp_path: Path) -> None:
    async def scenario(target: EmbeddedTarget, world: World) -> None:
        await (await target.pool_manager({})).send("GET", "/health")

    run(tmp_path, scenario)
    coverage = Coverage(load_document())
    assert coverage.gather(tmp_path) == 1
    assert coverage.seen == {("health", 200, "")}
