"""The id that follows one request through the logs of everybody who handled it."""

import re
import uuid
from collections.abc import Mapping

HEADER = "X-Correlation-Id"
_ACCEPTED = re.compile(r"[ -~]{1,128}", re.ASCII)
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})(?P<trace_id>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?", re.ASCII)


def correlation_id(headers: Mapping[str, str]) -> str:
    """The caller's X-Correlation-Id (1 to 128 printable ASCII characters), else its traceparent's trace id, else a new id."""
    given = headers.get(HEADER, "")
    if _ACCEPTED.fullmatch(given):
        return given
    trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return trace["trace_id"] if trace else uuid.uuid4().hex
