from pathlib import Path

import pytest

from orchestratord.errors import InvalidSettings
from orchestratord.settings import VARIABLES, Settings, read_settings


def test_without_any_setting() -> None:
    settings = read_settings({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.deadline) == ("127.0.0.1", 8080, 2.0)
    assert (settings.mode, settings.pool_manager_url) == ("remote", "http://127.0.0.1:9200")


def test_everything_by_environment() -> None:
    settings = read_settings(
        {
            "ORCHESTRATORD_ADDR": "[::1]:0",
            "ORCHESTRATORD_DEADLINE_MS": "250",
            "POOL_MANAGER_MODE": "fallback",
            "POOL_MANAGERD_URL": "http://gpu:9200/",
            "POOL_MANAGERD_TOKEN": "s3cret",
            "ORCHESTRATORD_POOLS": "/etc/pools.toml",
            "ORCHESTRATORD_ALLOWED_HOSTS": "a.example, b.example,",
            "ORCHESTRATORD_LOG_LEVEL": "debug",
            "ORCHESTRATORD_LOG_FORMAT": "console",
        }
    )
    assert settings == Settings(
        "::1",
        0,
        0.25,
        "fallback",
        "http://gpu:9200",
        "s3cret",
        Path("/etc/pools.toml"),
        ("a.example", "b.example"),
        "debug",
        "console",
    )
    assert "s3cret" not in repr(settings)


def test_a_flag_wins_and_empty_is_not_set() -> None:
    environ = {"POOL_MANAGER_MODE": "embedded", "ORCHESTRATORD_ADDR": ""}
    settings = read_settings(environ, {"POOL_MANAGER_MODE": "remote"})
    assert (settings.mode, settings.port) == ("remote", 8080)


def test_every_setting_is_also_a_flag() -> None:
    assert [variable.flag for variable in VARIABLES] == [
        "--addr",
        "--deadline-ms",
        "--pool-manager-mode",
        "--pool-managerd-url",
        "--pool-managerd-token",
        "--pools",
        "--allowed-hosts",
        "--log-level",
        "--log-format",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ORCHESTRATORD_ADDR", "8080"),
        ("ORCHESTRATORD_ADDR", "127.0.0.1"),
        ("ORCHESTRATORD_ADDR", ":8080"),
        ("ORCHESTRATORD_ADDR", "127.0.0.1:"),
        ("ORCHESTRATORD_ADDR", "127.0.0.1:70000"),
        ("ORCHESTRATORD_ADDR", "127.0.0.1:-1"),
        ("ORCHESTRATORD_ADDR", "::1:8080"),
        ("ORCHESTRATORD_DEADLINE_MS", "0"),
        ("ORCHESTRATORD_DEADLINE_MS", "2s"),
        ("ORCHESTRATORD_DEADLINE_MS", "1e3"),
        ("ORCHESTRATORD_DEADLINE_MS", "9" * 5000),
        ("POOL_MANAGER_MODE", "remotely"),
        ("POOL_MANAGER_MODE", "REMOTE"),
        ("POOL_MANAGERD_URL", "127.0.0.1:9200"),
        ("POOL_MANAGERD_TOKEN", "two words"),
        ("ORCHESTRATORD_LOG_LEVEL", "loud"),
        ("ORCHESTRATORD_LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_setting(name: str, text: str) -> None:
    with pytest.raises(InvalidSettings, match=name) as refusal:
        read_settings({name: text})
    if "TOKEN" in name:
        assert text not in str(refusal.value)
