"""The token and the Host header (PM-AUTH-1, PM-AUTH-3, PM-AUTH-4)."""

import hmac
from typing import Any

import pytest

from pool_managerd.api import Security

TOKEN = "s3cret"
GUARDED = Security(TOKEN)


@pytest.mark.parametrize("sent", [b"Bearer s3cret", b"bearer s3cret", b"BEARER  s3cret "])
def test_the_token_opens(sent: bytes) -> None:
    assert GUARDED.authorises([sent])


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [b""],
        [b"Bearer"],
        [b"Bearer "],
        [b"s3cret"],
        [b"Basic s3cret"],
        [b"Bearer s3cre"],
        [b"Bearer s3crett"],
        [b"Bearer S3CRET"],
        [b"Bearer s3cret, Bearer s3cret"],
        [b"Bearer \xff\xfe"],
        [b"Bearer s3cret", b"Bearer s3cret"],
        [b"Bearer wrong", b"Bearer s3cret"],
    ],
)
def test_nothing_else_opens(sent: list[bytes]) -> None:
    assert not GUARDED.authorises(sent)


def test_without_a_token_everybody_may_call() -> None:
    assert Security().authorises([])


@pytest.mark.requirement("PM-AUTH-3")
def test_the_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[Any, Any]] = []

    def compare(a: Any, b: Any) -> bool:
        compared.append((a, b))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert not GUARDED.authorises([b"Bearer s3cret"])
    assert compared == [(b"s3cret", b"s3cret")]


@pytest.mark.requirement("PM-AUTH-3")
def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(GUARDED)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:9200", "127.0.0.1", "127.0.0.1:9200", "127.1.2.3", "[::1]", "[::1]:9200", "127.0.0.1:"],
)
def test_loopback_is_admitted(host: str) -> None:
    assert Security().admits_host([host.encode()], "10.0.0.7")


def test_the_address_that_the_connection_arrived_at_is_admitted() -> None:
    assert Security().admits_host([b"10.0.0.7:9200"], "10.0.0.7")
    assert Security().admits_host([b"[fd00:0::7]:9200"], "fd00::7")
    assert not Security().admits_host([b"10.0.0.8:9200"], "10.0.0.7")


def test_what_is_configured_is_admitted() -> None:
    security = Security(allowed_hosts=frozenset({"GPU-node.example", "10.1.1.1"}))
    assert security.admits_host([b"gpu-NODE.example:9200"], None)
    assert security.admits_host([b"10.1.1.1"], None)
    assert not security.admits_host([b"node.example"], None)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:9200",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "localhost.",
        "[localhost]",
        "::1",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0.0.0.0",
        "user@127.0.0.1",
        "127.0.0.1, evil.example",
        "127.0.0.1:9200:1",
        "127.0.0.1:port",
        "127.0.0.1/",
        "127.0.0.1\n",
        "\xff",
    ],
)
def test_everything_else_is_refused(host: str) -> None:
    assert not Security().admits_host([host.encode("latin-1")], "10.0.0.7")


@pytest.mark.parametrize("host", [[], [b"localhost", b"localhost"], [b"localhost", b"evil.example"]])
def test_there_must_be_one_host(host: list[bytes]) -> None:
    assert not Security().admits_host(host, "127.0.0.1")


def test_a_name_is_never_the_address_that_was_arrived_at() -> None:
    assert not Security().admits_host([b"evil.example"], "evil.example")
