"""The correlation id of a request."""

import re

import pytest
from starlette.datastructures import Headers

from pool_managerd.api.correlation import correlation_id

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def test_the_callers_own_id_wins() -> None:
    assert correlation_id(Headers({"x-correlation-id": "job 7", "traceparent": PARENT})) == "job 7"


def test_the_trace_id_comes_next() -> None:
    assert correlation_id(Headers({"traceparent": PARENT})) == TRACE


@pytest.mark.parametrize("given", ["", "x" * 129, "a\tb", "caf\xe9", "a\r\nSet-Cookie: b"])
def test_an_id_that_could_harm_a_log_or_a_header_is_replaced(given: str) -> None:
    made = correlation_id({"X-Correlation-Id": given})
    assert re.fullmatch("[0-9a-f]{32}", made)


@pytest.mark.parametrize("given", ["", "00-xyz", f"ff-{TRACE}-b7ad6b7169203331-01", f"00-{'0' * 32}-b7ad6b7169203331-01"])
def test_a_trace_that_is_none_is_ignored(given: str) -> None:
    assert correlation_id({"traceparent": given}) not in (given, TRACE, "0" * 32)


def test_every_request_without_one_gets_its_own() -> None:
    assert correlation_id({}) != correlation_id({})
