import asyncio
import socket
from ipaddress import ip_address

import pytest

from pool_managerd.engines.endpoint import Endpoint, resolve, unmapped


def places(host: str) -> list[Endpoint]:
    return asyncio.run(resolve(host, 80))


@pytest.mark.parametrize(
    ("host", "family", "ip"),
    [
        ("127.0.0.1", socket.AF_INET, "127.0.0.1"),
        ("0.0.0.0", socket.AF_INET, "0.0.0.0"),
        ("::1", socket.AF_INET6, "::1"),
        ("::ffff:10.0.0.7", socket.AF_INET6, "10.0.0.7"),
        ("fe80::7%lo", socket.AF_INET6, "fe80::7"),
    ],
)
def test_an_address_is_itself_and_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch, host: str, family: socket.AddressFamily, ip: str
) -> None:
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", None)
    [place] = places(host)
    assert (place.family, str(place.ip), place.sockaddr[1]) == (family, ip, 80)


def test_a_zone_is_kept_for_connecting() -> None:
    [place] = places("fe80::7%lo")
    assert place.sockaddr[3] == socket.if_nametoindex("lo")


def test_a_name_is_looked_up() -> None:
    assert ip_address("127.0.0.1") in {place.ip for place in places("localhost")}


@pytest.mark.parametrize("host", ["nowhere.invalid", "a b", "a" * 64 + ".invalid"])
def test_what_is_nowhere_is_an_error(host: str) -> None:
    with pytest.raises((OSError, ValueError)):
        places(host)


@pytest.mark.parametrize(("address", "ip"), [("::ffff:1.2.3.4", "1.2.3.4"), ("::1", "::1"), ("1.2.3.4", "1.2.3.4")])
def test_an_ipv4_address_inside_an_ipv6_one_is_an_ipv4_address(address: str, ip: str) -> None:
    assert unmapped(ip_address(address)) == ip_address(ip)
