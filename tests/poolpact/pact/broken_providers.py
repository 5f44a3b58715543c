"""Providers with one defect each: what it does to a request or an answer, and what a verification must have against it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from poolpact.faults.proxy import Upstream
from poolpact.faults.wire import Reply, Request

VERIFIER = "pact_verifier"
Tamper = Callable[[Request, Upstream], Awaitable[Reply]]


@dataclass(frozen=True)
class Broken:
    """``defect`` spoils the interactions of ``group``; one of the reasons must be ``expected``."""

    group: str
    defect: str
    tamper: Tamper
    expected: str


def as_broken(tamper: Tamper, upstream: Upstream) -> Upstream:
    """``upstream`` with the defect, as the verifier sees it; whoever arranges a provider state sees none."""

    async def answer(request: Request) -> Reply:
        if VERIFIER in (request.header("user-agent") or ""):
            return await tamper(request, upstream)
        return await upstream(request)

    return answer


def member(**changes: Any) -> Tamper:
    """Members of the answer that are not what they should be; ``...`` leaves one out."""

    async def tamper(request: Request, upstream: Upstream) -> Reply:
        reply = await upstream(request)
        told = {**json.loads(reply.body), **changes}
        return replace(reply, body=json.dumps({name: value for name, value in told.items() if value is not ...}).encode())

    return tamper


def status(code: int) -> Tamper:
    """Another status."""

    async def tamper(request: Request, upstream: Upstream) -> Reply:
        return replace(await upstream(request), status=code)

    return tamper


def content_type(value: str) -> Tamper:
    """Another content type."""

    async def tamper(request: Request, upstream: Upstream) -> Reply:
        reply = await upstream(request)
        return replace(reply, headers={**reply.headers, "content-type": value})

    return tamper


def only_method(method: str) -> Tamper:
    """Serves what the client asks for under another method."""

    async def tamper(request: Request, upstream: Upstream) -> Reply:
        if request.method == method:
            return await upstream(request)
        return Reply.of_json(405, {"code": "method_not_allowed", "detail": "no"}, "application/problem+json", allow=method)

    return tamper


def wants_header(name: str) -> Tamper:
    """Wants a header that the client does not send."""

    async def tamper(request: Request, upstream: Upstream) -> Reply:
        if request.header(name) is not None:
            return await upstream(request)
        return Reply.of_json(428, {"code": "header_missing", "detail": name}, "application/problem+json")

    return tamper


def wants_member(name: str) -> Tamper:
    """Wants a member of the body that the client does not send."""

    async def tamper(request: Request, upstream: Upstream) -> Reply:
        if name in json.loads(request.body)["prepared"]:
            return await upstream(request)
        return Reply.of_json(422, {"code": "invalid_request", "detail": name}, "application/problem+json")

    return tamper


def not_json() -> Tamper:
    """A text where JSON is due."""

    async def tamper(request: Request, upstream: Upstream) -> Reply:
        return Reply(200, {"content-type": "application/json"}, b"ready")

    return tamper


def list_without(name: str) -> Tamper:
    """Pools without a member."""

    async def tamper(request: Request, upstream: Upstream) -> Reply:
        told = json.loads((await upstream(request)).body)
        pools = [{key: value for key, value in pool.items() if key != name} for pool in told["pools"]]
        return Reply.of_json(200, {**told, "pools": pools})

    return tamper


BROKEN = [
    Broken("the daemon's health", "is fine in other words", member(status="healthy"), "$.status: Expected 'healthy'"),
    Broken("the daemon's health", "tells no version", member(version=...), "missing the following keys: version"),
    Broken("the daemon's health", "answers 204", status(204), "status: expected 200, got 204"),
    Broken("the status of a ready pool", "has POST where GET is due", only_method("POST"), "status: expected 200, got 405"),
    Broken(
        "the status of a ready pool",
        "leaves slots_free out",
        member(slots_free=...),
        "missing the following keys: slots_free",
    ),
    Broken(
        "the status of a ready pool",
        "counts in texts",
        member(slots_total="2"),
        "$.slots_total: Expected '2' (String)",
    ),
    Broken(
        "the status of a ready pool",
        "says ready in a number",
        member(ready=1),
        "$.ready: Expected 1 (Integer)",
    ),
    Broken("the status of a ready pool", "speaks of another pool", member(pool_id="gpu-7"), "$.pool_id: Expected 'gpu-7'"),
    Broken("the status of a ready pool", "wants a header", wants_header("x-api-version"), "status: expected 200, got 428"),
    Broken("the status of a ready pool", "says text/html", content_type("text/html"), "Content-Type: Mismatch"),
    Broken("the status of a ready pool", "says no JSON", not_json(), "Failed to parse"),
    Broken("the status of a pool that is loading", "is ready too early", member(ready=True), "$.ready: Expected true"),
    Broken("the status of a pool that has failed", "says it lives", member(live=True), "$.live: Expected true"),
    Broken("the status of a pool that has failed", "hides why", member(last_error=...), "missing the following keys: last_error"),
    Broken("the status of a pool without a free slot", "is not ready when full", member(ready=False), "$.ready: Expected false"),
    Broken("the status of a pool that is being stopped", "forgets it", status(404), "status: expected 200, got 404"),
    Broken("the status of a pool that is draining", "forgets it", status(404), "status: expected 200, got 404"),
    Broken("the status of a pool that is draining", "hides it", member(draining=...), "missing the following keys: draining"),
    Broken("the status of a pool that nobody knows", "invents it", status(200), "status: expected 404, got 200"),
    Broken("the status of a pool that nobody knows", "says text/plain", content_type("text/plain"), "Content-Type: Mismatch"),
    Broken("the status without the right token", "says 403", status(403), "status: expected 401, got 403"),
    Broken("a preload that does not wait", "has PUT where POST is due", only_method("PUT"), "status: expected 202, got 405"),
    Broken("a preload that does not wait", "wants a priority", wants_member("priority"), "status: expected 202, got 422"),
    Broken("a preload that does not wait", "answers 201", status(201), "status: expected 202, got 201"),
    Broken("a preload that waits", "tells no process", member(pid=...), "missing the following keys: pid"),
    Broken("a preload that waits", "speaks of another pool", member(pool_id="gpu-7"), "$.pool_id: Expected 'gpu-7'"),
    Broken("a preload that waits", "tells the process in a text", member(pid="4711"), "$.pid: Expected '4711' (String)"),
    Broken("a preload of the engine that runs already", "is a conflict", status(409), "status: expected 200, got 409"),
    Broken("a preload of another engine than the one that runs", "takes it", status(202), "status: expected 409, got 202"),
    Broken("a preload of a pool that drains", "takes it", status(202), "status: expected 409, got 202"),
    Broken("draining a pool", "is a conflict", status(409), "status: expected 202, got 409"),
    Broken("draining a pool and waiting for it", "does not say how", member(forced=...), "missing the following keys: forced"),
    Broken("draining a pool that drains, now at once", "is a conflict", status(409), "status: expected 200, got 409"),
    Broken("draining a pool that nobody knows", "is done with it", status(200), "status: expected 404, got 200"),
    Broken("draining a pool that is being stopped", "takes it", status(202), "status: expected 409, got 202"),
    Broken("a preload of an engine of another pool", "takes it", status(202), "status: expected 422, got 202"),
    Broken("a preload without a port", "fails itself", status(500), "status: expected 422, got 500"),
    Broken("a preload with a port that is a text", "takes it", status(202), "status: expected 422, got 202"),
    Broken("a preload that waits for an engine that fails", "says ready", status(200), "status: expected 502, got 200"),
    Broken("taking a slot", "tells no id", member(lease_id=...), "missing the following keys: lease_id"),
    Broken("taking a slot", "tells a time of day", member(expires_at="12:00"), "$.expires_at: Expected '12:00' to match"),
    Broken("taking a slot with a key", "knows the key already", status(409), "status: expected 201, got 409"),
    Broken("taking a slot with the key of a lease that is held", "has none", status(429), "status: expected 200, got 429"),
    Broken("taking a slot where all are leased", "gives one", status(201), "status: expected 429, got 201"),
    Broken("taking a slot of a pool that is loading", "gives one", status(201), "status: expected 409, got 201"),
    Broken("taking a slot of a pool that nobody knows", "is no problem", content_type("text/plain"), "Content-Type: Mismatch"),
    Broken("renewing a lease", "has POST where PUT is due", only_method("POST"), "status: expected 200, got 405"),
    Broken("renewing a lease that was given back", "renews it", status(200), "status: expected 410, got 200"),
    Broken("giving a slot back", "is a conflict", status(409), "status: expected 204, got 409"),
    Broken("giving a slot back again", "has forgotten it", status(404), "status: expected 204, got 404"),
    Broken("deleting a pool", "has POST where DELETE is due", only_method("POST"), "status: expected 204, got 405"),
    Broken("deleting a pool that nobody knows", "is done with it", status(204), "status: expected 404, got 204"),
    Broken("the pools", "leaves slots_free out", list_without("slots_free"), "missing the following keys: slots_free"),
    Broken("the pools after another", "leaves the pools out", member(pools=...), "missing the following keys: pools"),
]
