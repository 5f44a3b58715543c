"""What can be asked of a pool manager: each call as a request and the meaning of its answer. No I/O here."""

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ValidationError

from orchestratord.client.models import DaemonHealth, Drained, Lease, PoolPage, PoolStatus, Preloaded, PreparedEngine
from orchestratord.client.rejections import rejection
from orchestratord.client.wire import Answer, Call, Request
from orchestratord.errors import Conflict, InvalidPoolId, PoolNotReady, ProtocolViolation, RouteNotFound, UnknownPool

Model = TypeVar("Model", bound=BaseModel)
PoolBound = TypeVar("PoolBound", PoolStatus, Preloaded, Drained)

_STOP_TIME = 30.0
"""Seconds the daemon may take, beyond the deadline, to stop an engine."""


def daemon_health() -> Call[DaemonHealth]:
    """Is the daemon up, and what does it offer?"""

    def parse(answer: Answer) -> DaemonHealth:
        health = _read(DaemonHealth, answer, 200)
        if health.status != "ok":
            raise ProtocolViolation(f"the daemon's health is {health.status[:64]!r}, not 'ok'")
        return health

    return Call(Request("GET", "/health"), parse)


def get_pool_status(pool_id: str) -> Call[PoolStatus]:
    """The state of one pool; raises UnknownPool where there is none (OR-REQ-1)."""

    def parse(answer: Answer) -> PoolStatus:
        try:
            status = _read(PoolStatus, answer, 200)
        except RouteNotFound as refusal:
            if refusal.status != 404:
                raise
            raise UnknownPool(refusal.status, refusal.code, refusal.detail) from None
        return _of_pool(status, pool_id)

    return Call(Request("GET", f"{_pool(pool_id)}/status"), parse)


def list_pools(after: str | None = None) -> Call[PoolPage]:
    """One page of pools, sorted by id, beginning behind ``after``."""
    query = f"?{urlencode({'after': after})}" if after is not None else ""
    return Call(Request("GET", f"/pools{query}"), lambda answer: _read(PoolPage, answer, 200))


def preload_pool(pool_id: str, prepared: PreparedEngine | Mapping[str, Any], *, wait: float = 0.0) -> Call[Preloaded]:
    """Spawn an engine; wait at most ``wait`` seconds for it to be ready. Raises Conflict, and Rejected with the cause."""
    document = prepared.model_dump(mode="json") if isinstance(prepared, PreparedEngine) else dict(prepared)
    headers = {"Prefer": f"wait={math.ceil(wait)}"} if wait > 0 else {}

    def parse(answer: Answer) -> Preloaded:
        if answer.status == 202:
            return Preloaded(pool_id=pool_id, ready=False)
        return _of_pool(_read(Preloaded, answer, 200), pool_id)

    # A daemon that always waits answers when the engine is ready, so the caller's wait counts in any case.
    return Call(_with_body("POST", f"{_pool(pool_id)}/preload", {"prepared": document}, headers), parse, math.ceil(wait))


def delete_pool(pool_id: str) -> Call[None]:
    """Stop the pool's engine and forget the pool; raises UnknownPool."""

    def parse(answer: Answer) -> None:
        _expect(answer, 200, 202, 204)

    return Call(Request("DELETE", _pool(pool_id)), parse, _STOP_TIME)


def drain_pool(pool_id: str, *, deadline: float | None = None, wait: float = 0.0) -> Call[Drained]:
    """Let the pool finish what it has, within ``deadline`` seconds, and stop; wait at most ``wait`` seconds for that.

    Raises UnknownPool, Conflict while it is being stopped, and RouteNotFound from a daemon that does not drain.
    """
    headers = {"Prefer": f"wait={math.ceil(wait)}"} if wait > 0 else {}
    document = {} if deadline is None else {"deadline_ms": math.ceil(deadline * 1000)}

    def parse(answer: Answer) -> Drained:
        if answer.status == 202:
            return Drained(pool_id=pool_id, drained=False)
        return _of_pool(_read(Drained, answer, 200), pool_id)

    return Call(_with_body("POST", f"{_pool(pool_id)}/drain", document, headers), parse, math.ceil(wait))


def acquire_lease(pool_id: str, key: str | None = None) -> Call[Lease]:
    """Take a slot; raises UnknownPool, PoolNotReady, NoFreeSlot, and RouteNotFound from a daemon without leases."""
    headers = {"Idempotency-Key": key} if key is not None else {}

    def parse(answer: Answer) -> Lease:
        try:
            return _read(Lease, answer, 200, 201)
        except Conflict as refusal:
            raise PoolNotReady(refusal.status, refusal.code, refusal.detail) from None

    return Call(Request("POST", f"{_pool(pool_id)}/leases", headers), parse)


def renew_lease(pool_id: str, lease_id: str) -> Call[Lease]:
    """Give a lease a whole new time; raises LeaseLost, UnknownPool."""
    return Call(Request("PUT", _lease(pool_id, lease_id)), lambda answer: _read(Lease, answer, 200))


def release_lease(pool_id: str, lease_id: str) -> Call[None]:
    """Give a slot back; again is no error."""

    def parse(answer: Answer) -> None:
        _expect(answer, 200, 202, 204)

    return Call(Request("DELETE", _lease(pool_id, lease_id)), parse)


def _pool(pool_id: str) -> str:
    return f"/pools/{_segment(pool_id)}"


def _lease(pool_id: str, lease_id: str) -> str:
    return f"{_pool(pool_id)}/leases/{_segment(lease_id)}"


def _segment(text: str) -> str:
    """``text`` as exactly one segment of a path, dots included: ``..`` would be another pool's path."""
    try:
        encoded = quote(text, safe="")
    except UnicodeEncodeError:
        raise InvalidPoolId from None
    if not encoded:
        raise InvalidPoolId
    return encoded.replace(".", "%2E") if encoded.strip(".") == "" else encoded


def _with_body(method: str, target: str, document: Mapping[str, Any], headers: Mapping[str, str]) -> Request:
    body = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    return Request(method, target, {**headers, "Content-Type": "application/json"}, body)


def _expect(answer: Answer, *statuses: int) -> None:
    if answer.status in statuses:
        return
    if answer.status >= 400:
        raise rejection(answer)
    if 300 <= answer.status < 400:
        raise ProtocolViolation(f"the pool manager redirects (HTTP {answer.status}), which is not followed")
    raise ProtocolViolation(f"HTTP {answer.status} where {' or '.join(map(str, statuses))} was due")


def _read(model: type[Model], answer: Answer, *statuses: int) -> Model:
    _expect(answer, *statuses)
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        raise ProtocolViolation(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    """All mismatches in one line; what was sent is not repeated, it may be anything."""
    parts = []
    for mismatch in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for part in mismatch["loc"])
        parts.append(f"{place}: {mismatch['msg']}" if place else mismatch["msg"])
    return f"the answer does not fit the contract: {'; '.join(parts)}"


def _of_pool(answered: PoolBound, pool_id: str) -> PoolBound:
    if answered.pool_id != pool_id:
        raise ProtocolViolation(f"the answer is about pool {answered.pool_id[:128]!r}, not {pool_id!r}")
    return answered
