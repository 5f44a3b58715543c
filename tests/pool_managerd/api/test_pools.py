"""Preload, status, list and stop over HTTP."""

import asyncio
import json

import pytest

from tests.pool_managerd.api.in_process import JSON, LONG, Api, with_api


@with_api()
async def test_a_preload_is_accepted_and_points_at_the_status(api: Api) -> None:
    answer = await api.preload()
    assert answer.status == 202
    assert answer.json == {"pool_id": "p", "ready": False}
    assert "preference-applied" not in answer.headers
    status = await api.call("GET", answer.headers["location"])
    assert (status.json["pool_id"], status.json["state"], status.json["ready"]) == ("p", "loading", False)


@with_api()
async def test_a_preload_that_waits_answers_once_it_is_ready(api: Api) -> None:
    waiting = asyncio.create_task(api.preload(prefer="wait=30"))
    await asyncio.wait_for(api.spawner.spawned.wait(), LONG)
    api.spawner.engines[0].healthy = True
    answer = await waiting
    assert answer.status == 200
    assert answer.headers["preference-applied"] == "wait=30"
    assert answer.json == {
        "pool_id": "p",
        "ready": True,
        "pid": api.spawner.engines[0].pid,
        "handoff_path": str(api.run_dir.handoff_path("p")),
    }


@with_api()
async def test_a_wait_that_runs_out_is_accepted(api: Api) -> None:
    answer = await api.preload(prefer="wait=0")
    assert (answer.status, answer.headers["preference-applied"]) == (202, "wait=0")


@pytest.mark.parametrize("case", ["wait=abc", "wait=-1", "\xff", "respond-async"])
@with_api()
async def test_a_preference_that_is_not_understood_is_ignored(api: Api, case: str) -> None:
    answer = await api.preload(prefer=case)
    assert answer.status == 202
    assert "preference-applied" not in answer.headers


@with_api()
async def test_a_huge_wait_is_cut(api: Api) -> None:
    await api.ready()
    answer = await api.preload(prefer=f"wait={'9' * 5000}")
    assert (answer.status, answer.headers["preference-applied"]) == (200, "wait=3600")


@with_api()
async def test_an_engine_that_ends_while_loading_is_told_with_its_output(api: Api) -> None:
    waiting = asyncio.create_task(api.preload(prefer="wait=30"))
    await asyncio.wait_for(api.spawner.spawned.wait(), LONG)
    api.spawner.engines[0].output = "no such model"
    api.spawner.engines[0].exit(3)
    answer = await waiting
    assert answer.told == (502, "engine_exited")
    assert "exit code 3" in answer.json["detail"]
    assert "no such model" in answer.json["detail"]
    assert (await api.call("GET", "/pools/p/status")).json["last_error"] == answer.json["detail"]


@with_api(startup_timeout=0.05)
async def test_an_engine_that_is_never_healthy_is_told(api: Api) -> None:
    assert (await api.preload(prefer="wait=30")).told == (504, "startup_timeout")


@with_api()
async def test_a_spawn_that_fails_is_told(api: Api) -> None:
    api.spawner.refusal = "Exec format error"
    assert (await api.preload(prefer="wait=30")).told == (502, "spawn_failed")


@pytest.mark.parametrize(
    "case",
    [
        ({"binary_path": "/bin/sh"}, 403, "engine_not_allowed"),
        ({"binary_path": "sh"}, 403, "engine_not_allowed"),
        ({"host": "0.0.0.0"}, 403, "host_not_allowed"),
    ],
    ids=lambda case: case[2],
)
@with_api()
async def test_a_preload_that_is_refused_spawns_nothing(api: Api, case: tuple[dict[str, str], int, str]) -> None:
    changes, *told = case
    assert (await api.preload(**changes)).told == tuple(told)
    assert api.spawner.nonces == []
    assert await api.state() == "absent"


@with_api()
async def test_two_ids_that_differ_are_refused(api: Api) -> None:
    body = json.dumps({"prepared": api.prepared("q")}).encode()
    assert (await api.call("POST", "/pools/p/preload", body, JSON)).told == (422, "pool_id_mismatch")
    assert api.spawner.nonces == []
    assert (await api.state("p"), await api.state("q")) == ("absent", "absent")


@with_api()
async def test_a_binary_that_cannot_be_executed_is_refused(api: Api) -> None:
    folder = api.binary.parent
    (folder / "text").write_text("x")
    assert (await api.preload(binary_path=str(folder))).told == (422, "binary_not_found")
    assert (await api.preload(binary_path=str(folder / "none"))).told == (422, "binary_not_found")
    assert (await api.preload(binary_path=str(folder / "text"))).told == (422, "binary_not_executable")
    assert api.spawner.nonces == []


@with_api()
async def test_the_pools_are_listed_by_id_page_by_page(api: Api) -> None:
    for pool_id in ("c", "a", "B", "d", "e"):
        await api.loading(pool_id)
    seen, after = [], ""
    while True:
        page = (await api.call("GET", f"/pools?limit=2&after={after}")).json
        seen.append([pool["pool_id"] for pool in page["pools"]])
        if page["next_after"] is None:
            break
        after = page["next_after"]
    assert seen == [["B", "a"], ["c", "d"], ["e"]]
    everything = (await api.call("GET", "/pools")).json
    assert [pool["pool_id"] for pool in everything["pools"]] == ["B", "a", "c", "d", "e"]
    assert everything["pools"][0] == (await api.call("GET", "/pools/B/status")).json


@with_api()
async def test_a_full_last_page_is_the_last_one(api: Api) -> None:
    await api.loading("a")
    await api.loading("b")
    assert (await api.call("GET", "/pools?limit=2")).json["next_after"] is None


@with_api()
async def test_a_stopped_pool_is_gone(api: Api) -> None:
    await api.ready()
    answer = await api.call("DELETE", "/pools/p")
    assert (answer.status, answer.body) == (204, b"")
    assert (await api.call("GET", "/pools/p/status")).told == (404, "unknown_pool")
    assert (await api.call("DELETE", "/pools/p")).told == (404, "unknown_pool")
