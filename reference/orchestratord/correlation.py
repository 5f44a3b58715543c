"""The id that follows one request through both daemons' logs (OR-REQ-3)."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Correlation-Id"
TRACE_HEADER = "traceparent"
_LONGEST = 128
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*", re.ASCII)
_current: ContextVar[str] = ContextVar("correlation_id")


def adopt(offered: str | None, traceparent: str | None = None) -> str:
    """Set and return the id of this context.

    It is ``offered`` where that is 1-128 printable ASCII characters, else the trace id of ``traceparent``, else a new one.
    """
    chosen = offered if offered is not None and _fits(offered) else _trace_id(traceparent or "") or secrets.token_hex(16)
    _current.set(chosen)
    return chosen


def current() -> str:
    """The id of this context; a new one where none was adopted."""
    return _current.get(None) or secrets.token_hex(16)


def _fits(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isascii() and text.isprintable()


def _trace_id(traceparent: str) -> str | None:
    found = _TRACE.fullmatch(traceparent)
    return found[1] if found and found[1].strip("0") else None
