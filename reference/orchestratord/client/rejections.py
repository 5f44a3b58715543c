"""Error answers: RFC 9457 problems, and any other JSON that a foreign daemon sends."""

import json
import math
from typing import Any

from orchestratord.client.wire import Answer
from orchestratord.errors import (
    Conflict,
    LeaseLost,
    NoFreeSlot,
    PoolNotReady,
    Rejected,
    RouteNotFound,
    Unauthorised,
    UnknownPool,
)

_LONGEST_DETAIL = 2048
_CODES_OF_A_POOL = frozenset({"unknown_pool", "invalid_pool_id"})


def rejection(answer: Answer) -> Rejected:
    """The typed error of an answer of 400 and above."""
    document = _document(answer.body)
    code, detail = _code(document), _detail(document)
    status = answer.status
    if status in (401, 403):
        return Unauthorised(status, code, detail)
    if code in _CODES_OF_A_POOL:
        return UnknownPool(status, code, detail)
    if status in (404, 405, 501):
        return RouteNotFound(status, code, detail)
    if status == 409:
        return (PoolNotReady if code == "pool_not_ready" else Conflict)(status, code, detail)
    if status == 410:
        return LeaseLost(status, code, detail)
    if status == 429:
        return NoFreeSlot(status, code, detail, _retry_after(answer))
    return Rejected(status, code, detail)


def _document(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(parsed, dict) and isinstance(parsed.get("error"), dict):
        return {**parsed, **parsed["error"]}
    return parsed if isinstance(parsed, dict) else {}


def _code(document: dict[str, Any]) -> str | None:
    code = document.get("code")
    return code[:128] if isinstance(code, str) and code else None


def _detail(document: dict[str, Any]) -> str:
    texts = (document.get(name) for name in ("detail", "message", "error", "title"))
    return next((text[:_LONGEST_DETAIL] for text in texts if isinstance(text, str) and text), "")


def _retry_after(answer: Answer) -> float | None:
    try:
        seconds = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
