import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestratord.client import calls
from orchestratord.client.models import PreparedEngine
from orchestratord.client.wire import Answer
from orchestratord.errors import (
    Conflict,
    InvalidPoolId,
    LeaseLost,
    NoFreeSlot,
    PoolNotReady,
    ProtocolViolation,
    Rejected,
    RouteNotFound,
    Unauthorised,
    UnknownPool,
)
from tests.orchestratord.raw_server import status_of


def answer(status: int, document: Any, **headers: str) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def problem(status: int, code: str, **headers: str) -> Answer:
    return answer(status, {"status": status, "code": code, "detail": f"because of {code}"}, **headers)


PREPARED = PreparedEngine(
    binary_path="/bin/engine",
    flags=["--port", "8000"],
    host="127.0.0.1",
    port=8000,
    model_path="/m.gguf",
    engine_version="1",
    pool_id="p",
    replica_id="r0",
)


@pytest.mark.parametrize(
    ("pool_id", "segment"),
    [
        ("gpu-0", "gpu-0"),
        ("a/b", "a%2Fb"),
        ("a b?c#d", "a%20b%3Fc%23d"),
        ("ü", "%C3%BC"),
        ("%2e", "%252e"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("a.b", "a.b"),
        ("a\r\nb", "a%0D%0Ab"),
    ],
)
def test_a_pool_id_is_one_segment_of_the_path(pool_id: str, segment: str) -> None:
    assert calls.get_pool_status(pool_id).request.target == f"/pools/{segment}/status"
    assert calls.acquire_lease(pool_id).request.target == f"/pools/{segment}/leases"
    assert calls.release_lease("p", pool_id).request.target == f"/pools/p/leases/{segment}"


@pytest.mark.parametrize("pool_id", ["", "\ud800"])
def test_an_id_that_no_path_can_hold_is_refused_here(pool_id: str) -> None:
    with pytest.raises(InvalidPoolId):
        calls.get_pool_status(pool_id)


def test_a_right_status_is_read_and_unknown_members_are_ignored() -> None:
    members = status_of("p", url="http://127.0.0.1:1", colour="blue", breaker={"open": []}, last_error=None)
    status = calls.get_pool_status("p").parse(answer(200, members))
    assert (status.ready, status.slots_free, status.url) == (True, 1, "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"ready"',
        b"<html>",
        b"[" * 100_000,
        *(json.dumps({k: v for k, v in status_of("p").items() if k != left_out}).encode() for left_out in status_of("p")),
        *(
            json.dumps({**status_of("p"), **mistyped}).encode()
            for mistyped in (
                {"pool_id": 7},
                {"pool_id": "q"},
                {"pool_id": "P"},
                {"live": 1},
                {"live": "true"},
                {"ready": None},
                {"active_leases": "0"},
                {"active_leases": True},
                {"active_leases": -1},
                {"slots_total": 1.5},
                {"slots_free": None},
                {"slots_free": 2},
                {"live": False, "ready": True},
                {"last_error": {"why": "x"}},
                {"url": 8080},
            )
        ),
    ],
)
def test_a_status_that_does_not_fit_is_a_violation_in_one_line(body: bytes) -> None:
    with pytest.raises(ProtocolViolation) as violation:
        calls.get_pool_status("p").parse(answer(200, body))
    assert "\n" not in str(violation.value)


@pytest.mark.parametrize("status", [100, 201, 202, 204, 301, 302, 307, 399])
def test_any_other_success_or_a_redirect_is_a_violation(status: int) -> None:
    with pytest.raises(ProtocolViolation):
        calls.get_pool_status("p").parse(answer(status, status_of("p")))


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (problem(401, "unauthorised"), Unauthorised),
        (problem(403, "forbidden"), Unauthorised),
        (problem(404, "unknown_pool"), UnknownPool),
        (problem(400, "invalid_pool_id"), UnknownPool),
        (answer(404, b"<html>"), UnknownPool),
        (answer(405, {"error": "no"}), RouteNotFound),
        (problem(500, "internal_error"), Rejected),
        (problem(503, "shutting_down"), Rejected),
    ],
)
def test_refusals_of_a_status(refusal: Answer, error: type[Rejected]) -> None:
    with pytest.raises(error) as raised:
        calls.get_pool_status("p").parse(refusal)
    assert raised.value.status == refusal.status


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (problem(404, "unknown_pool"), UnknownPool),
        (problem(404, "not_found"), RouteNotFound),
        (answer(404, b""), RouteNotFound),
        (answer(405, b""), RouteNotFound),
        (answer(409, b"{}"), PoolNotReady),
        (problem(410, "lease_lost"), LeaseLost),
        (problem(429, "no_free_slot"), NoFreeSlot),
    ],
)
def test_refusals_of_a_lease(refusal: Answer, error: type[Rejected]) -> None:
    with pytest.raises(error):
        calls.acquire_lease("p").parse(refusal)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("1", 1.0), ("0.25", 0.25), ("-1", None), ("inf", None), ("nan", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)],
)
def test_when_to_ask_again(header: str, seconds: float | None) -> None:
    with pytest.raises(NoFreeSlot) as refusal:
        calls.acquire_lease("p").parse(problem(429, "no_free_slot", retry_after=header))
    assert refusal.value.retry_after == seconds


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"code": "c", "detail": "d", "title": "t"}, "c: d"),
        ({"title": "t"}, "HTTP 418: t"),
        ({"message": "m"}, "HTTP 418: m"),
        ({"error": "e"}, "HTTP 418: e"),
        ({"error": {"code": "c", "message": "m"}}, "c: m"),
        ({"code": 7, "detail": ["d"]}, "HTTP 418"),
        ([], "HTTP 418"),
        (b"not JSON", "HTTP 418"),
    ],
)
def test_any_json_error_is_understood(document: Any, text: str) -> None:
    with pytest.raises(Rejected) as refusal:
        calls.get_pool_status("p").parse(answer(418, document))
    assert str(refusal.value) == text


def test_a_lease_lasts_as_long_as_its_ttl_or_until_it_expires() -> None:
    now = datetime.now(UTC)
    lease = {"lease_id": "l", "pool_id": "p", "expires_at": (now + timedelta(seconds=20)).isoformat()}
    parse = calls.acquire_lease("p", "key").parse
    assert parse(answer(201, lease)).seconds_left(now) == pytest.approx(20, abs=0.01)
    assert parse(answer(200, {**lease, "ttl": 30})).seconds_left(now) == 30
    for broken in ({"lease_id": ""}, {"expires_at": "soon"}, {"expires_at": "2026-01-01T00:00:00"}, {"ttl": -1}):
        with pytest.raises(ProtocolViolation):
            parse(answer(201, {**lease, **broken}))


def test_the_key_goes_along_with_an_acquire() -> None:
    assert calls.acquire_lease("p", "task-1").request.headers == {"Idempotency-Key": "task-1"}


def test_a_preload_sends_the_prepared_engine_and_how_long_it_waits() -> None:
    call = calls.preload_pool("p", PREPARED, wait=1.2)
    assert call.request.headers["Prefer"] == "wait=2"
    assert call.extra_time == 2
    assert json.loads(call.request.body or b"")["prepared"]["flags"] == ["--port", "8000"]
    assert not call.parse(answer(202, b"")).ready
    ready = call.parse(answer(200, {"pool_id": "p", "pid": 7, "handoff_path": "/run/p.json"}))
    assert (ready.ready, ready.pid) == (True, 7)
    with pytest.raises(ProtocolViolation):
        call.parse(answer(200, {"pool_id": "q", "pid": 7}))
    with pytest.raises(Conflict):
        call.parse(problem(409, "engine_conflict"))


def test_a_drain_says_how_long_it_may_take_and_how_long_the_caller_waits() -> None:
    call = calls.drain_pool("a/b", deadline=1.5, wait=2.2)
    assert (call.request.method, call.request.target) == ("POST", "/pools/a%2Fb/drain")
    assert (call.request.headers["Prefer"], json.loads(call.request.body or b"")) == ("wait=3", {"deadline_ms": 1500})
    plain = calls.drain_pool("p")
    assert ("Prefer" in plain.request.headers, plain.request.body) == (False, b"{}")


def test_a_drain_is_over_or_under_way() -> None:
    parse = calls.drain_pool("p").parse
    assert not parse(answer(202, {})).drained
    assert parse(answer(200, {"pool_id": "p", "drained": True, "forced": True})).forced
    assert not parse(answer(200, {"pool_id": "p"})).forced
    for broken in ({}, {"pool_id": "q"}, {"pool_id": "p", "forced": "no"}):
        with pytest.raises(ProtocolViolation):
            parse(answer(200, broken))
    for status, code, error in (
        (404, "unknown_pool", UnknownPool),
        (404, "not_found", RouteNotFound),
        (409, "pool_stopping", Conflict),
    ):
        with pytest.raises(error):
            parse(problem(status, code))


def test_the_daemons_health() -> None:
    parse = calls.daemon_health().parse
    assert parse(answer(200, {"status": "ok", "version": "1", "profiles": ["core"]})).profiles == ["core"]
    for broken in ({}, {"status": "ok"}, {"status": "ok", "version": ""}, {"status": "bad", "version": "1"}):
        with pytest.raises(ProtocolViolation):
            parse(answer(200, broken))


def test_pools_come_in_pages() -> None:
    call = calls.list_pools("a&b")
    assert call.request.target == "/pools?after=a%26b"
    assert [pool.pool_id for pool in call.parse(answer(200, {"pools": [status_of("c")]})).pools] == ["c"]
