import pytest

from orchestratord.client import PoolManagerClient, SyncPoolManagerClient
from orchestratord.client.address import Address
from orchestratord.errors import InvalidSettings


def test_without_a_setting_the_daemon_is_on_this_machine() -> None:
    assert Address.from_env({}) == Address("http://127.0.0.1:9200", None)
    assert Address.from_env({"POOL_MANAGERD_URL": "", "POOL_MANAGERD_TOKEN": ""}) == Address.from_env({})


def test_the_environment_names_daemon_and_token() -> None:
    address = Address.from_env({"POOL_MANAGERD_URL": "https://gpu.example:9200/base/", "POOL_MANAGERD_TOKEN": "s3cret"})
    assert (address.url, address.token) == ("https://gpu.example:9200/base", "s3cret")
    assert "s3cret" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:9200",
        "ftp://127.0.0.1",
        "http://",
        "http://:9200",
        "http://host:port",
        "http://host:70000",
        "http://host:0",
        "http://[::1",
        "http://host/?a=b",
        "http://host/#x",
        "http://ho st/",
        "http://hö.example/",
        "http://host/\r\nX: y",
        "http://user:pass@host/",
    ],
)
def test_a_bad_url_is_refused_by_the_name_of_its_setting(url: str) -> None:
    with pytest.raises(InvalidSettings, match="POOL_MANAGERD_URL") as refusal:
        Address(url)
    assert "\n" not in str(refusal.value)
    assert "pass" not in str(refusal.value).replace("password", "")


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ümlaut"])
def test_a_bad_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(InvalidSettings, match="POOL_MANAGERD_TOKEN") as refusal:
        Address(token=token)
    assert not token or token not in str(refusal.value)


def test_both_clients_are_made_from_the_environment() -> None:
    with pytest.raises(InvalidSettings):
        PoolManagerClient.from_env({"POOL_MANAGERD_URL": "nonsense"})
    with pytest.raises(InvalidSettings):
        SyncPoolManagerClient.from_env({"POOL_MANAGERD_URL": "nonsense"})
