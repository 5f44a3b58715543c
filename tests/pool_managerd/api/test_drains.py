"""POST /pools/{id}/drain over HTTP: bodies, waits and refusals (PM-DRAIN-3, PM-DRAIN-5)."""

import json
from pathlib import Path

import pytest

from tests.pool_managerd.api.in_process import JSON, Api, with_api

DRAIN = "/pools/p/drain"


@with_api()
async def test_it_is_accepted_with_the_place_to_look(api: Api) -> None:
    (await api.ready()).works = True
    answer = await api.call("POST", DRAIN)
    assert (answer.status, answer.json, answer.headers["location"]) == (
        202,
        {"pool_id": "p", "drained": False},
        "/pools/p/status",
    )


@with_api()
async def test_who_waits_is_told_whether_it_was_forced(api: Api) -> None:
    await api.ready()
    answer = await api.call("POST", DRAIN, headers={"prefer": "wait=30"})
    assert (answer.status, answer.json) == (200, {"pool_id": "p", "drained": True, "forced": False})
    assert answer.headers["preference-applied"] == "wait=30"
    (await api.ready()).works = True
    answer = await api.call("POST", DRAIN, b'{"deadline_ms": 0}', JSON | {"prefer": "wait=30"})
    assert (answer.status, answer.json["forced"]) == (200, True)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"deadline_ms": null}', b'{"deadline_ms": 1000.0, "x": 1}'])
def test_a_body_may_say_little(body: bytes, tmp_path: Path) -> None:
    @with_api()
    async def test(api: Api) -> None:
        await api.ready()
        assert (await api.call("POST", DRAIN, body, JSON)).status == 202

    test(tmp_path)


@with_api()
async def test_what_is_no_deadline_is_refused_and_the_pool_stays(api: Api) -> None:
    await api.ready()
    for deadline in (-1, 86_400_001, 10**30, 0.5, "1000", True, [1]):
        answer = await api.call("POST", DRAIN, json.dumps({"deadline_ms": deadline}).encode(), JSON)
        assert answer.told == (422, "invalid_request"), deadline
    for body, told in ((b"[", (400, "malformed_json")), (b"[]", (422, "invalid_request")), (b"1", (422, "invalid_request"))):
        assert (await api.call("POST", DRAIN, body, JSON)).told == told
    assert (await api.call("POST", DRAIN, b"{}", {"content-type": "text/plain"})).told == (415, "unsupported_media_type")
    assert (await api.call("POST", DRAIN, b" " * 2_000_000, JSON)).told == (413, "body_too_large")
    assert await api.state() == "ready"
