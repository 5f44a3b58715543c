"""What every request passes (PM-AUTH-1, PM-AUTH-4, PM-HEALTH-1), and what a defect looks like from outside."""

import json
from typing import Any

import pytest
import structlog

from pool_managerd.api import Security
from poolpact.exchange import in_process
from tests.pool_managerd.api.in_process import JSON, Api, with_api

TOKEN = "s3cret-t0ken"
BEARER = {"authorization": f"Bearer {TOKEN}"}
CALLS = [
    ("GET", "/ready"),
    ("GET", "/pools"),
    ("GET", "/pools/p/status"),
    ("POST", "/pools/p/preload"),
    ("DELETE", "/pools/p"),
    ("POST", "/pools/p/leases"),
    ("PUT", "/pools/p/leases/l"),
    ("DELETE", "/pools/p/leases/l"),
    ("GET", "/no/such/path"),
    ("GET", "/health/"),
    ("GET", "//health"),
    ("GET", "/pools/../health"),
    ("GET", "/%68ealth"),
    ("GET", "/health%00"),
]


@pytest.mark.parametrize("case", CALLS, ids=" ".join)
@with_api(Security(TOKEN))
async def test_every_route_but_health_needs_the_token(api: Api, case: tuple[str, str]) -> None:
    body = json.dumps({"prepared": api.prepared()}).encode() if case[1].endswith("preload") else None
    for headers, error in (({}, ""), ({"authorization": "Bearer wrong"}, 'error="invalid_token"')):
        answer = await api.call(*case, body, JSON | headers)
        assert answer.told == (401, "unauthorised")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert error in answer.headers["www-authenticate"]
    assert api.spawner.nonces == []
    assert (await api.call(*case, body, JSON | BEARER)).status != 401


@with_api(Security(TOKEN))
async def test_health_needs_no_token(api: Api) -> None:
    answer = await api.call("GET", "/health")
    assert (answer.status, answer.json["status"]) == (200, "ok")
    assert answer.json["version"]
    assert answer.json["profiles"] == ["core", "auth", "leases", "observability"]


@with_api(Security(TOKEN))
async def test_a_body_is_not_read_before_the_token_is_checked(api: Api) -> None:
    answer = await api.call("POST", "/pools/p/preload", b"x" * 2 * 1024 * 1024, JSON)
    assert answer.told == (401, "unauthorised")


@pytest.mark.parametrize("case", ["/health", "/pools", "/no/such/path"])
@with_api()
async def test_a_host_of_somebody_else_is_refused_everywhere(api: Api, case: str) -> None:
    assert (await api.call("GET", case, headers={"host": "evil.example"})).told == (421, "misdirected_host")
    assert (await api.call("GET", case, headers={"host": "localhost:9200"})).status != 421


@with_api()
async def test_an_answer_has_the_correlation_id_and_so_has_the_log(api: Api) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as log:
        answer = await api.call("GET", "/pools", headers={"x-correlation-id": "job-7"})
        refused = await api.call("GET", "/no/such/path")
    assert answer.headers["x-correlation-id"] == "job-7"
    assert [event["correlation_id"] for event in log] == ["job-7", refused.headers["x-correlation-id"]]
    assert structlog.contextvars.get_contextvars() == {}


@with_api()
async def test_the_engine_of_a_preload_is_logged_under_its_correlation_id(api: Api) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as log:
        body = json.dumps({"prepared": api.prepared()}).encode()
        await api.call("POST", "/pools/p/preload", body, JSON | {"x-correlation-id": "job-7"})
        api.spawner.spawned.clear()
        await api.ready()
    changes = [(event["to"], event["correlation_id"]) for event in log if event["event"] == "pool_changed"]
    assert changes == [("loading", "job-7"), ("ready", "job-7")]


@with_api()
async def test_a_defect_is_a_problem_without_its_cause_and_the_log_has_it(api: Api) -> None:
    def broken() -> Any:
        raise RuntimeError("the secret cause")

    api.manager.readiness = broken  # type: ignore[method-assign]
    with structlog.testing.capture_logs() as log:
        answer = await api.call("GET", "/ready")
    assert answer.told == (500, "internal_error")
    assert b"secret cause" not in answer.body
    assert [event["exc_info"] for event in log if event["event"] == "request_failed"] == [True]
    assert (await api.call("GET", "/health")).status == 200


@pytest.mark.requirement("PM-AUTH-3")
@with_api(Security(TOKEN))
async def test_no_token_is_logged(api: Api) -> None:
    api.manager.readiness = lambda: 1 / 0  # type: ignore[method-assign, assignment, return-value]
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as log:
        for method, target in CALLS:
            for token in (TOKEN, "wr0ng"):
                await in_process(api.app, method, target, {"authorization": f"Bearer {token}"}, None)
    assert len(log) > len(CALLS)
    assert TOKEN not in repr(log)
    assert "wr0ng" not in repr(log)


@with_api(engine_dirs=())
async def test_a_manager_that_takes_no_preloads_is_not_ready(api: Api) -> None:
    answer = await api.call("GET", "/ready")
    assert answer.told == (503, "not_ready")
    assert "POOL_MANAGERD_ENGINE_DIRS" in answer.json["detail"]


@with_api()
async def test_a_manager_that_takes_preloads_is_ready(api: Api) -> None:
    assert (await api.call("GET", "/ready")).json == {"ready": True}
    await api.manager.close()
    assert (await api.call("GET", "/ready")).told == (503, "not_ready")
    assert (await api.preload()).told == (503, "shutting_down")
