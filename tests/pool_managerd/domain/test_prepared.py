"""The PreparedEngine: strict types, bounded ids, the url a client reaches."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from pool_managerd.domain.errors import InvalidPoolId
from pool_managerd.domain.prepared import PreparedEngine, check_pool_id

MEMBERS: dict[str, Any] = {
    "binary_path": "/engines/server",
    "flags": ["--port", "9"],
    "host": "127.0.0.1",
    "port": 9,
    "model_path": "/models/m.gguf",
    "engine_version": "1",
    "pool_id": "p",
    "replica_id": "r0",
    "device_mask": None,
}


@pytest.mark.parametrize("pool_id", ["a", "A-1", "gpu_0.b", "-", "_", "x" * 128])
def test_a_good_pool_id(pool_id: str) -> None:
    assert check_pool_id(pool_id) == pool_id


@pytest.mark.parametrize(
    "pool_id", ["", ".", "..", ".hidden", "a/b", "../x", "a b", "a\n", "a\x00", "ü", "a%2e", "x" * 129, "１", "a\\b"]
)
def test_a_bad_pool_id(pool_id: str) -> None:
    with pytest.raises(InvalidPoolId):
        check_pool_id(pool_id)


@pytest.mark.parametrize("missing", list(MEMBERS))
def test_every_member_is_needed(missing: str) -> None:
    members = {name: value for name, value in MEMBERS.items() if name != missing}
    with pytest.raises(ValidationError, match=missing):
        PreparedEngine.model_validate(members)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("port", "9"),
        ("port", 0),
        ("port", 70000),
        ("port", 9.5),
        ("port", float("inf")),
        ("port", True),
        ("flags", "--port 9"),
        ("flags", [1]),
        ("flags", {"a": 1}),
        ("flags", ["a\x00b"]),
        ("binary_path", ""),
        ("binary_path", "/a\x00b"),
        ("device_mask", 0),
        ("slots_total", 0),
        ("slots_total", "2"),
        ("health_path", "health"),
        ("health_path", "/a b\r\nX: y"),
        ("replica_id", None),
    ],
)
def test_types_and_ranges_are_strict(member: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=member):
        PreparedEngine.model_validate(MEMBERS | {member: value})


def test_a_whole_number_is_an_integer_however_it_is_written() -> None:
    """JSON Schema, and so the contract, does not tell 9.0 from 9. Found by fuzzing."""
    engine = PreparedEngine.model_validate_json(json.dumps(MEMBERS | {"port": 9.0, "slots_total": 2e0}))
    assert engine == PreparedEngine.model_validate(MEMBERS | {"port": 9, "slots_total": 2})
    assert type(engine.port) is type(engine.slots_total) is int


def test_unknown_members_are_ignored_and_do_not_make_another_engine() -> None:
    assert PreparedEngine.model_validate(MEMBERS | {"colour": "blue"}) == PreparedEngine.model_validate(MEMBERS)


@pytest.mark.parametrize(
    ("host", "advertise", "url"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:9"),
        ("127.0.0.1", "gpu7", "http://127.0.0.1:9"),
        ("localhost", "gpu7", "http://localhost:9"),
        ("::1", None, "http://[::1]:9"),
        ("0.0.0.0", None, "http://127.0.0.1:9"),
        ("::", None, "http://[::1]:9"),
        ("0.0.0.0", "gpu7", "http://gpu7:9"),
        ("10.0.0.7", None, "http://10.0.0.7:9"),
        ("10.0.0.7", "fd00::7", "http://[fd00::7]:9"),
    ],
)
def test_the_url_is_one_that_a_client_reaches(host: str, advertise: str | None, url: str) -> None:
    assert PreparedEngine.model_validate(MEMBERS | {"host": host}).reachable_url(advertise) == url


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("localhost", "localhost"), ("x", "x")],
)
def test_this_machine_reaches_an_engine_that_listens_everywhere_through_loopback(host: str, local: str) -> None:
    assert PreparedEngine.model_validate(MEMBERS | {"host": host}).local_host == local
