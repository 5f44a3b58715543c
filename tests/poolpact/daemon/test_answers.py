import json
from typing import Any

import pytest

from poolpact.daemon.answers import accepted, error_text, lease_of, refused, status_of
from poolpact.targets.base import Answer

STATUS = {"pool_id": "gpu-0", "live": True, "ready": True, "active_leases": 1, "slots_total": 2, "slots_free": 1}
READY = {"pool_id": "gpu-0", "pid": 7, "handoff_path": "/run/gpu-0.json"}
LEASE = {"lease_id": "a", "expires_at": "2030-01-01T00:00:00Z"}


def answer(status: int, value: Any, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(value).encode(), 0.0, "GET /somewhere")


def test_a_whole_status() -> None:
    status = status_of(answer(200, STATUS | {"pid": 7, "last_error": None}), "gpu-0")
    assert (status.live, status.ready, status.slots_free) == (True, True, 1)
    assert (status.pid, status.last_error) == (7, "")


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
    assert refused(answer(409, {"detail": "no"}), (409,)) == "no"
    with pytest.raises(AssertionError, match="expected 409"):
        refused(answer(404, {"detail": "no"}), (409,))
    with pytest.raises(AssertionError, match="expected a 4xx"):
        refused(answer(500, {"detail": "no"}))


def test_a_preload_is_under_way_or_ready() -> None:
    assert accepted(answer(202, {}, location="/pools/gpu-0/status"), "gpu-0") is None
    assert accepted(answer(202, {}, location="http://h:1/pools/gpu-0/status"), "gpu-0") is None
    assert accepted(answer(200, READY), "gpu-0") == 7


@pytest.mark.parametrize(
    "wrong",
    [
        answer(200, {}),
        answer(202, {}),
        answer(202, {}, location="/pools/gpu-1/status"),
        answer(201, READY),
        answer(404, {"detail": "no"}),
        answer(200, READY | {"pid": 0}),
        answer(200, READY | {"pid": "7"}),
        answer(200, READY | {"pool_id": "gpu-1"}),
        answer(200, READY | {"handoff_path": ""}),
    ],
)
def test_anything_else_is_no_accepted_preload(wrong: Answer) -> None:
    with pytest.raises(AssertionError):
        accepted(wrong, "gpu-0")


@pytest.mark.parametrize(
    "wrong",
    [answer(200, LEASE), answer(201, {}), answer(201, LEASE | {"lease_id": ""}), answer(201, LEASE | {"expires_at": 5})],
)
def test_a_lease_has_an_id_and_an_end(wrong: Answer) -> None:
    assert lease_of(answer(201, LEASE)) == LEASE
    with pytest.raises(AssertionError):
        lease_of(wrong)
