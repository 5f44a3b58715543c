import json
from typing import Any

import pytest

from poolpact.daemon.answers import (
    DEEPEST,
    accepted,
    error_text,
    json_object,
    lease_of,
    ready_now,
    refused,
    status_of,
    told_of,
    under_way,
)
from poolpact.targets.base import Answer

STATUS = {"pool_id": "gpu-0", "live": True, "ready": True, "active_leases": 1, "slots_total": 2, "slots_free": 1}
READY = {"pool_id": "gpu-0", "pid": 7, "handoff_path": "/run/gpu-0.json"}
LEASE = {"lease_id": "a", "expires_at": "2030-01-01T00:00:00Z"}


def answer(status: int, value: Any, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(value).encode(), 0.0, "GET /somewhere")


def test_a_whole_status() -> None:
    status = status_of(answer(200, STATUS | {"pid": 7, "last_error": None}), "gpu-0")
    assert (status.live, status.ready, status.slots_free) == (True, True, 1)
    assert status.last_error == ""


@pytest.mark.parametrize("member", STATUS)
def test_a_status_without_a_member_is_none(member: str) -> None:
    lacking = {name: value for name, value in STATUS.items() if name != member}
    with pytest.raises(AssertionError, match=member):
        status_of(answer(200, lacking), "gpu-0")


@pytest.mark.parametrize(
    ("member", "value"),
    [("live", "true"), ("live", 1), ("ready", None), ("active_leases", True), ("slots_total", 2.0), ("slots_free", "1")],
)
def test_a_status_with_a_member_of_another_type_is_none(member: str, value: object) -> None:
    with pytest.raises(AssertionError, match=member):
        status_of(answer(200, STATUS | {member: value}), "gpu-0")


@pytest.mark.parametrize("wrong", [answer(200, {}), answer(404, STATUS), answer(200, [STATUS]), answer(200, "ok")])
def test_something_else_is_no_status(wrong: Answer) -> None:
    with pytest.raises(AssertionError):
        status_of(wrong, "gpu-0")


def test_the_status_of_another_pool_is_none() -> None:
    with pytest.raises(AssertionError, match="pool_id is not 'gpu-1'"):
        status_of(answer(200, STATUS), "gpu-1")


@pytest.mark.parametrize(
    ("changes", "contradiction"),
    [
        ({"live": False}, "ready but not live"),
        ({"slots_free": -1}, "slots_free is below 0"),
        ({"slots_free": 3, "active_leases": 0}, "slots_free is above slots_total"),
        ({"active_leases": -1}, "active_leases is below 0"),
        ({"active_leases": 2}, "more than slots_total"),
        ({"ready": False}, "not ready but with free slots"),
    ],
)
def test_contradictions_of_a_status(changes: dict[str, object], contradiction: str) -> None:
    assert contradiction in "; ".join(status_of(answer(200, STATUS | changes), "gpu-0").contradictions())


def test_a_right_status_does_not_contradict_itself() -> None:
    assert status_of(answer(200, STATUS), "gpu-0").contradictions() == []


@pytest.mark.parametrize("value", [{"detail": "no"}, {"error": {"message": "no"}}, ["no"], "no"])
def test_an_error_says_something_in_any_shape(value: object) -> None:
    assert error_text(answer(404, value)) == "no"


@pytest.mark.parametrize("value", [{}, [], "", {"code": 7}, None, {"detail": " "}])
def test_an_error_that_says_nothing_is_none(value: object) -> None:
    with pytest.raises(AssertionError, match="says nothing"):
        error_text(answer(404, value))


def test_an_error_is_json() -> None:
    with pytest.raises(AssertionError, match="not JSON"):
        error_text(Answer(404, {}, b"<html>", 0.0, "GET /"))


def test_a_refusal_has_the_right_status() -> None:
    refused(answer(409, {"detail": "no"}), (409,))
    refused(Answer(413, {}, b"<html>", 0.0, "GET /"))
    with pytest.raises(AssertionError, match="expected 409"):
        refused(answer(404, {"detail": "no"}), (409,))
    with pytest.raises(AssertionError, match="expected a 4xx"):
        refused(answer(500, {"detail": "no"}))


def test_a_preload_is_under_way_or_ready() -> None:
    assert ready_now(answer(200, READY), "gpu-0") == 7
    assert accepted(answer(200, READY)) == 7
    assert accepted(answer(202, {})) is None


@pytest.mark.parametrize(
    "location",
    [
        "/pools/gpu-0/status",
        "http://h:1/pools/gpu-0/status",
        "/api/v1/pools/gpu-0/status?verbose=1",
        "/pools/gpu%2D0/status",
        "status",
        "./status#now",
    ],
)
def test_where_to_look_may_be_told_in_any_form(location: str) -> None:
    under_way(answer(202, {}, location=location), "gpu-0")


@pytest.mark.parametrize(
    "location", ["", "/pools/gpu-1/status", "/pools/gpu-0", "http://[/pools/gpu-0/status", "/pools/gpu-00/status"]
)
def test_where_to_look_is_the_status(location: str) -> None:
    with pytest.raises(AssertionError, match="Location"):
        under_way(answer(202, {}, location=location), "gpu-0")


@pytest.mark.parametrize(
    "wrong",
    [
        answer(200, {}),
        answer(202, {}),
        answer(201, READY),
        answer(404, {"detail": "no"}),
        answer(200, READY | {"pid": 0}),
        answer(200, READY | {"pid": "7"}),
        answer(200, READY | {"pool_id": "gpu-1"}),
        answer(200, READY | {"handoff_path": ""}),
    ],
)
def test_anything_else_is_no_pool_that_is_ready(wrong: Answer) -> None:
    with pytest.raises(AssertionError):
        ready_now(wrong, "gpu-0")


def test_what_is_read_on_the_way_is_read_leniently() -> None:
    status = told_of(answer(200, {"ready": True, "slots_free": "1"}))
    assert status is not None
    assert (status.live, status.ready, status.slots_free) == (False, True, None)
    assert status.contradictions() == ["active_leases is no number", "slots_total is no number", "slots_free is no number"]
    assert told_of(Answer(404, {}, b"", 0.0, "GET /")) is None


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe{",
        b"[" * 100_000,
        b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1),
        b'{"slots_total": ' + b"1" * 5000 + b"}",
        b'{"slots_total": NaN}',
        b"",
        b"null",
    ],
    ids=["not UTF-8", "never ends", "deep", "a huge number", "not a number", "nothing", "null"],
)
def test_whatever_is_told_is_no_error_of_the_harness(body: bytes) -> None:
    odd = Answer(200, {}, body, 0.0, "GET /")
    for look in (json_object, told_of, lambda each: status_of(each, "gpu-0")):
        with pytest.raises(AssertionError):
            look(odd)


@pytest.mark.parametrize("error", [7, ["no"], {"why": {"a": "no"}}, "\ud800", True, None])
def test_a_last_error_may_have_any_shape(error: object) -> None:
    status = told_of(answer(200, STATUS | {"last_error": error}))
    assert status is not None
    assert isinstance(status.last_error, str)


@pytest.mark.parametrize(
    "wrong",
    [answer(200, LEASE), answer(201, {}), answer(201, LEASE | {"lease_id": ""}), answer(201, LEASE | {"expires_at": 5})],
)
def test_a_lease_has_an_id_and_an_end(wrong: Answer) -> None:
    assert lease_of(answer(201, LEASE)) == LEASE
    with pytest.raises(AssertionError):
        lease_of(wrong)
