"""The events over HTTP."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from pool_managerd.api import Security
from pool_managerd.api.event_routes import LAST_WORDS
from poolpact.asgi_stream import AsgiStream
from poolpact.daemon.reader import Reader
from poolpact.event_stream import SseEvent
from poolpact.timekeeping import RealTime
from tests.pool_managerd.api.in_process import CONTRACT, LONG, Api, with_api


async def watch(api: Api, headers: Mapping[str, str] | None = None) -> AsgiStream:
    stream = AsgiStream(api.app, "/events", headers or {}, RealTime())
    await stream.open()
    CONTRACT.check("GET", "/events", stream.status, stream.headers, stream.body)
    return stream


async def told(stream: AsgiStream) -> SseEvent:
    event = await stream.next(LONG)
    assert event is not None
    CONTRACT.check_event("GET", "/events", event)
    return event


@with_api()
async def test_a_life_is_told_from_the_snapshot_on(api: Api) -> None:
    stream = await watch(api)
    assert stream.headers["cache-control"] == "no-store"
    assert "content-length" not in stream.headers
    reader = Reader(stream)
    engine = await api.ready()
    assert (await api.call("POST", "/pools/p/leases")).status == 201
    engine.exit(3)
    await api.until("failed")
    await api.call("DELETE", "/pools/p")
    while not reader.told or reader.told[-1].data.get("to") != "absent":
        assert await reader.hear(LONG) is not None
    reader.misses_nothing()
    assert [event.event for event in reader.told[:1]] == ["snapshot"]
    steps = [(event.data["from"], event.data["to"], event.data["cause"]) for event in reader.changes()]
    assert steps == [
        ("absent", "loading", "preload"),
        ("loading", "loading", "spawned"),
        ("loading", "ready", "healthy"),
        ("ready", "ready", "lease taken"),
        ("ready", "failed", "exit code 3"),
        ("failed", "absent", "delete"),
    ]
    await stream.close()


@with_api()
async def test_what_alters_no_status_is_no_event(api: Api) -> None:
    await api.ready(slots_total=1)
    lease = (await api.call("POST", "/pools/p/leases")).json["lease_id"]
    stream = await watch(api)
    assert (await told(stream)).event == "snapshot"
    assert (await api.call("POST", "/pools/p/leases")).status == 429
    assert (await api.call("PUT", f"/pools/p/leases/{lease}")).status == 200
    assert (await api.call("DELETE", "/pools/p/leases/unknown")).status == 204
    await api.preload()
    assert (await api.call("DELETE", f"/pools/p/leases/{lease}")).status == 204
    assert (await told(stream)).data["cause"] == "lease given back"
    await stream.close()


@pytest.mark.parametrize("case", ["", "unknown", "caf\xe9", "x" * 10_000, "-1", "a-1\tb"])
@with_api()
async def test_an_id_that_is_none_is_a_reset(api: Api, case: str) -> None:
    stream = await watch(api, {"last-event-id": case})
    assert [await told(stream), (await told(stream)).event] == [SseEvent("reset", {"reason": "unknown"}), "snapshot"]
    await stream.close()


@with_api(Security("s3cret"))
async def test_nobody_reads_without_the_token(api: Api) -> None:
    refused = await watch(api)
    assert refused.status == 401
    stream = await watch(api, {"authorization": "Bearer s3cret"})
    assert (await told(stream)).event == "snapshot"
    await stream.close()


@with_api()
async def test_who_hangs_up_leaves_nothing_behind(api: Api) -> None:
    async def others() -> set[Any]:
        return asyncio.all_tasks() - {asyncio.current_task()}

    before = await others()
    for _ in range(20):
        stream = await watch(api)
        await told(stream)
        await stream.close()
    assert await others() == before


@with_api()
async def test_a_reader_that_does_not_read_keeps_nobody_waiting(api: Api) -> None:
    await api.ready(model_path=f"/models/{'x' * 4000}")
    slow, quick = await watch(api), await watch(api)
    await told(quick)
    for _ in range(100):
        lease = (await api.call("POST", "/pools/p/leases")).json["lease_id"]
        await api.call("DELETE", f"/pools/p/leases/{lease}")
        assert [(await told(quick)).data["active_leases"] for _ in range(2)] == [1, 0]
    reader = Reader(slow)
    while len(reader.changes()) < 200:
        assert await reader.hear(LONG) is not None
    reader.misses_nothing()
    for stream in (slow, quick):
        await stream.close()


@with_api()
async def test_the_stream_ends_with_the_manager_after_the_last_change(api: Api) -> None:
    await api.ready()
    stream = await watch(api)
    await told(stream)
    await api.manager.close()
    assert [(await told(stream)).data["to"] for _ in range(2)] == ["stopping", "absent"]
    assert await stream.next(LONG) is None
    assert (await watch(api)).status == 200


@with_api()
async def test_a_reader_that_does_not_read_does_not_keep_the_manager_from_its_end(api: Api) -> None:
    await api.ready(model_path=f"/models/{'x' * 4000}")
    slow = await watch(api)
    for _ in range(20):
        lease = (await api.call("POST", "/pools/p/leases")).json["lease_id"]
        await api.call("DELETE", f"/pools/p/leases/{lease}")
    await api.manager.close()
    await asyncio.wait_for(asyncio.shield(slow._answering), LAST_WORDS + LONG)
