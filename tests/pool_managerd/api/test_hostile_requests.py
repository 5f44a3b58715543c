"""Bad input: a 4xx problem with a code, nothing spawned, and the application goes on."""

import json
from typing import Any
from urllib.parse import unquote

import pytest

from poolpact.exchange import in_process
from tests.pool_managerd.api.in_process import JSON, Api, with_api

MIB = 1024 * 1024
PRELOAD = "/pools/p/preload"

NOT_JSON = {
    "nothing": b"",
    "cut off": b'{"prepared": {',
    "trailing": b"{} x",
    "NaN": b'{"prepared": NaN}',
    "NaN in an unknown member": b'{"prepared": {}, "x": NaN}',
    "infinity": b"-Infinity",
    "not UTF-8": b'{"prepared": "\xff"}',
    "UTF-16": '{"prepared": {}}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "lone surrogate": b'{"prepared": {"host": "\\ud800"}}',
    "lone surrogate as a name": b'{"\\udc00": 1}',
    "deep lists": b"[" * 500_000,
    "deep objects": b'{"a":' * 100_000,
    "a long number": b'{"prepared": ' + b"9" * 100_000 + b"}",
}

NOT_PREPARED: dict[str, Any] = {
    "null": None,
    "a list": [],
    "a text": "x",
    "no prepared": {},
    "prepared is null": {"prepared": None},
    "prepared is a list": {"prepared": []},
}

WRONG_MEMBERS: list[tuple[str, Any]] = [
    ("binary_path", ""),
    ("binary_path", 1),
    ("binary_path", "/a\0b"),
    ("binary_path", "a" * 4097),
    ("flags", None),
    ("flags", "--port 9"),
    ("flags", {"--port": 9}),
    ("flags", [9]),
    ("flags", ["\0"]),
    ("flags", ["x"] * 1025),
    ("host", ""),
    ("host", None),
    ("port", 0),
    ("port", -1),
    ("port", 70000),
    ("port", 10**30),
    ("port", "8080"),
    ("port", 8080.5),
    ("port", True),
    ("port", None),
    ("model_path", ""),
    ("engine_version", 1),
    ("pool_id", 1),
    ("replica_id", None),
    ("device_mask", 0),
    ("slots_total", 0),
    ("slots_total", "1"),
    ("slots_total", True),
    ("health_path", "health"),
    ("health_path", "/\nx"),
]

UNUSABLE_IDS = [
    "%2e%2e",
    "..",
    ".",
    ".hidden",
    "..%2fx",
    "%2e%2e%2f%2e%2e%2fetc",
    "a%2Fb",
    "a%5Cb",
    "a%00b",
    "a%0ab",
    "a%20b",
    "%ff",
    "%",
    "%zz",
    "%252e",
    "p%C3%B6ol",
    "%F0%9F%92%A9",
    "a;b=c",
    "a" * 129,
]


async def assert_unharmed(api: Api) -> None:
    assert api.spawner.nonces == []
    assert (await api.call("GET", "/pools")).json == {"pools": [], "next_after": None}
    assert (await api.call("GET", "/health")).status == 200


@pytest.mark.parametrize("case", NOT_JSON.values(), ids=NOT_JSON.keys())
@with_api()
async def test_what_is_not_json_is_malformed(api: Api, case: bytes) -> None:
    answer = await api.call("POST", PRELOAD, case, JSON)
    assert answer.told == (400, "malformed_json")
    await assert_unharmed(api)


@pytest.mark.parametrize("case", NOT_PREPARED.values(), ids=NOT_PREPARED.keys())
@with_api()
async def test_json_of_another_shape_is_invalid(api: Api, case: Any) -> None:
    answer = await api.call("POST", PRELOAD, json.dumps(case).encode(), JSON)
    assert answer.told == (422, "invalid_request")
    await assert_unharmed(api)


@pytest.mark.parametrize("case", WRONG_MEMBERS, ids=lambda case: f"{case[0]}={str(case[1])[:12]!r}")
@with_api()
async def test_a_wrong_member_is_named(api: Api, case: tuple[str, Any]) -> None:
    answer = await api.call("POST", PRELOAD, json.dumps({"prepared": api.prepared() | dict([case])}).encode(), JSON)
    assert answer.told == (422, "invalid_request")
    assert answer.json["errors"][0]["location"].startswith(f"body.prepared.{case[0]}")
    assert case[0] in answer.json["detail"]
    await assert_unharmed(api)


@with_api()
async def test_a_missing_member_is_named(api: Api) -> None:
    for member in api.prepared():
        body = json.dumps({"prepared": {name: value for name, value in api.prepared().items() if name != member}}).encode()
        answer = await api.call("POST", PRELOAD, body, JSON)
        assert answer.told == (422, "invalid_request")
        assert [error["location"] for error in answer.json["errors"]] == [f"body.prepared.{member}"]
    await assert_unharmed(api)


@with_api()
async def test_many_errors_are_told_briefly(api: Api) -> None:
    body = json.dumps({"prepared": api.prepared(flags=[1] * 1000)}).encode()
    answer = await api.call("POST", PRELOAD, body, JSON)
    assert answer.told == (422, "invalid_request")
    assert len(answer.body) < 8192


@with_api()
async def test_no_answer_quotes_what_was_sent(api: Api) -> None:
    body = json.dumps({"prepared": api.prepared(port="hunter2", flags=["--api-key", 1])}).encode()
    assert b"hunter2" not in (await api.call("POST", PRELOAD, body, JSON)).body


@with_api()
async def test_unknown_members_are_ignored(api: Api) -> None:
    await api.ready(colour="green")
    assert (await api.preload()).status == 200


MEDIA_TYPES = {
    "none": {},
    "empty": {"content-type": ""},
    "text": {"content-type": "text/plain"},
    "a form, as a web page may send": {"content-type": "application/x-www-form-urlencoded"},
    "nearly": {"content-type": "application/jsonx"},
    "not an application's": {"content-type": "text/json"},
}


@pytest.mark.parametrize("case", MEDIA_TYPES.values(), ids=MEDIA_TYPES.keys())
@with_api()
async def test_a_body_must_say_that_it_is_json(api: Api, case: dict[str, str]) -> None:
    body = json.dumps({"prepared": api.prepared()}).encode()
    assert (await api.call("POST", PRELOAD, body, case)).told == (415, "unsupported_media_type")
    await assert_unharmed(api)


@pytest.mark.parametrize("case", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.pools+json"])
@with_api()
async def test_json_by_its_other_names_is_taken(api: Api, case: str) -> None:
    body = json.dumps({"prepared": api.prepared()}).encode()
    assert (await api.call("POST", PRELOAD, body, {"content-type": case})).status == 202


@pytest.mark.parametrize(
    "case",
    [{}, {"transfer-encoding": "chunked"}, {"content-length": "1" + "0" * 40}, {"content-length": "nonsense"}],
    ids=["declared", "chunked", "declared beyond all measure", "declared as nonsense"],
)
@with_api()
async def test_a_large_body_is_refused(api: Api, case: dict[str, str]) -> None:
    answer = await api.call("POST", PRELOAD, b'"' + b"x" * 10 * MIB + b'"', JSON | case)
    assert answer.told == (413, "body_too_large")
    await assert_unharmed(api)


@with_api()
async def test_no_more_than_the_limit_is_read(api: Api) -> None:
    received = 0

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": PRELOAD,
        "raw_path": PRELOAD.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 9200),
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")],
    }
    await api.app(scope, receive, send)
    assert sent[0]["status"] == 413
    assert received == MIB // 65536 + 1


@with_api()
async def test_a_body_of_the_limit_is_read(api: Api) -> None:
    body = json.dumps({"prepared": api.prepared()}).encode()
    assert (await api.call("POST", PRELOAD, body.ljust(MIB), JSON)).status == 202
    assert (await api.call("POST", PRELOAD, body.ljust(MIB + 1), JSON)).told == (413, "body_too_large")


@pytest.mark.parametrize("case", UNUSABLE_IDS)
@with_api()
async def test_an_id_that_cannot_be_used_never_succeeds(api: Api, case: str) -> None:
    for method, rest in (
        ("GET", "/status"),
        ("POST", "/preload"),
        ("DELETE", ""),
        ("POST", "/leases"),
        ("PUT", "/leases/x"),
        ("DELETE", "/leases/x"),
    ):
        body = json.dumps({"prepared": api.prepared(unquote(case, errors="replace"))}).encode() if rest == "/preload" else None
        answer = await api.call(method, f"/pools/{case}{rest}", body, JSON)
        assert answer.told == (400, "invalid_pool_id"), (method, rest)
    await assert_unharmed(api)


@pytest.mark.parametrize(
    "case", ["/pools//status", "/pools/", "//pools", "/pools/p/status/", "/", "", "*", "/health%0a", "/docs"]
)
@with_api()
async def test_a_path_that_is_not_served_is_not_found_and_never_redirected(api: Api, case: str) -> None:
    assert (await api.call("GET", case)).told == (404, "not_found")


@with_api()
async def test_an_encoded_separator_does_not_separate(api: Api) -> None:
    await api.ready()
    assert (await api.call("GET", "/pools/p%2Fstatus")).status == 405
    assert (await api.call("GET", "/pools/p/status")).status == 200


@with_api()
async def test_an_encoded_letter_is_that_letter(api: Api) -> None:
    await api.ready()
    assert (await api.call("GET", "/pools/%70/status")).json["pool_id"] == "p"


@with_api()
async def test_a_lease_id_may_be_anything(api: Api) -> None:
    await api.ready()
    for lease_id in ("%00", "..", "%2e%2e%2fx", "%ff", "%F0%9F%92%A9", "x" * 10_000):
        assert (await api.call("PUT", f"/pools/p/leases/{lease_id}")).told == (410, "lease_lost")
        assert (await api.call("DELETE", f"/pools/p/leases/{lease_id}")).status == 204


@pytest.mark.parametrize("case", ["", "k" * 256, "caf\xe9", "a\x7fb"])
@with_api()
async def test_an_unusable_idempotency_key_is_invalid(api: Api, case: str) -> None:
    await api.ready()
    answer = await api.call("POST", "/pools/p/leases", headers={"idempotency-key": case})
    assert answer.told == (422, "invalid_request")
    assert answer.json["errors"][0]["location"] == "header.idempotency-key"
    assert (await api.call("GET", "/pools/p/status")).json["active_leases"] == 0


@pytest.mark.parametrize("case", ["limit=0", "limit=-1", "limit=1001", "limit=ten", "limit=", f"after={'a' * 129}"])
@with_api()
async def test_an_unusable_query_is_invalid(api: Api, case: str) -> None:
    assert (await api.call("GET", f"/pools?{case}")).told == (422, "invalid_request")


@pytest.mark.parametrize("case", ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "FOO"])
@with_api()
async def test_another_method_is_not_allowed(api: Api, case: str) -> None:
    raw = await in_process(api.app, case, "/pools/p/status", {}, None)
    assert (raw.status, raw.headers["allow"]) == (405, "GET")


@with_api()
async def test_allow_names_the_methods_of_all_routes_of_a_path(api: Api) -> None:
    answer = await api.call("POST", "/pools/p/leases/l")
    assert answer.told == (405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, PUT"
