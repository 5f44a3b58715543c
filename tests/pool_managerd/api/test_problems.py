"""Errors as problem documents."""

import json
from collections.abc import Iterator

import pytest

from pool_managerd.api import problems
from pool_managerd.api.problems import STATUS, MalformedJson, problem_response
from pool_managerd.domain import errors
from pool_managerd.domain.errors import LeaseLost, NoFreeSlot, PoolManagerError, StartupRefused

FAMILIES = {errors.PreloadRefused, errors.EngineFailed, problems.RequestRefused}


def descendants(kind: type[PoolManagerError]) -> Iterator[type[PoolManagerError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def test_every_error_that_a_call_can_raise_has_a_status() -> None:
    raised = {kind for kind in descendants(PoolManagerError) if not issubclass(kind, StartupRefused)}
    assert raised - FAMILIES - set(STATUS) == set()


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in STATUS]
    assert len(codes) == len(set(codes))


def test_a_problem_has_the_members_of_the_rfc_and_the_code() -> None:
    answer = problem_response(LeaseLost("p"), "/pools/p/leases/l")
    assert (answer.status_code, answer.media_type) == (410, "application/problem+json")
    assert json.loads(bytes(answer.body)) == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "code": "lease_lost",
        "detail": "the lease is not, or no longer, held on pool 'p'",
        "instance": "/pools/p/leases/l",
    }


@pytest.mark.parametrize(("seconds", "sent"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (1.2, "2"), (30.0, "30")])
def test_retry_after_is_whole_seconds_and_never_zero(seconds: float, sent: str) -> None:
    assert problem_response(NoFreeSlot("p", 1, seconds), "/").headers["retry-after"] == sent


@pytest.mark.parametrize("text", ["\ud800", "\x00", "é", "\n", '"'])
def test_whatever_a_detail_quotes_can_be_sent(text: str) -> None:
    answer = problem_response(MalformedJson(text), f"/{text.encode('utf-8', 'replace').decode('latin-1')}")
    document = json.loads(bytes(answer.body))
    assert document["detail"] == text
    assert document["instance"].isascii()
    assert document["instance"].isprintable()


def test_an_error_without_a_status_is_a_defect_and_not_a_crash() -> None:
    assert problem_response(PoolManagerError("x"), "/").status_code == 500
