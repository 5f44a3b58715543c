"""Settings from the environment and from flags."""

import os
import tempfile
from pathlib import Path

import pytest

from pool_managerd.domain.errors import InvalidSettings
from pool_managerd.manager import ManagerConfig
from pool_managerd.settings import Address, Settings, flag, read_settings, variable

TOKEN = "s3cret-t0ken"


def refusal(environ: dict[str, str], flags: dict[str, str] | None = None) -> str:
    with pytest.raises(InvalidSettings) as refused:
        read_settings(environ, flags)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_the_defaults_are_safe() -> None:
    settings = read_settings({})
    assert settings.addr == Address("127.0.0.1", 9200)
    assert settings.token is None
    assert settings.engine_dirs == ()
    assert settings.engine_hosts == ()
    assert settings.manager_config() == ManagerConfig()


def test_every_setting_comes_from_the_environment() -> None:
    settings = read_settings(
        {
            "POOL_MANAGERD_ADDR": "[::1]:9300",
            "POOL_MANAGERD_TOKEN": TOKEN,
            "POOL_MANAGERD_RUN_DIR": "/run/p",
            "POOL_MANAGERD_ENGINE_DIRS": os.pathsep.join(["/opt/a", "", "/opt/b"]),
            "POOL_MANAGERD_ENGINE_HOSTS": "0.0.0.0, 10.0.0.7",
            "POOL_MANAGERD_ALLOWED_HOSTS": "gpu-0.example,",
            "POOL_MANAGERD_ADVERTISE_HOST": "gpu-0.example",
            "POOL_MANAGERD_STARTUP_TIMEOUT": "2m",
            "POOL_MANAGERD_STOP_GRACE": "0",
            "POOL_MANAGERD_LEASE_TTL": "500ms",
            "POOL_MANAGERD_POOLS": "/etc/pools.toml",
            "POOL_MANAGERD_LOG_LEVEL": "DEBUG",
            "POOL_MANAGERD_LOG_FORMAT": "console",
        }
    )
    assert (settings.addr, str(settings.addr)) == (Address("::1", 9300), "[::1]:9300")
    assert settings.token is not None
    assert settings.token.get_secret_value() == TOKEN
    assert settings.run_dir == Path("/run/p")
    assert settings.allowed_hosts == ("gpu-0.example",)
    assert (settings.pools, settings.log_level, settings.log_format) == (Path("/etc/pools.toml"), "debug", "console")
    assert settings.manager_config() == ManagerConfig(
        engine_dirs=(Path("/opt/a"), Path("/opt/b")),
        engine_hosts=("0.0.0.0", "10.0.0.7"),
        startup_timeout=120.0,
        stop_grace=0.0,
        lease_ttl=0.5,
        advertise_host="gpu-0.example",
    )


def test_a_flag_wins() -> None:
    assert read_settings({"POOL_MANAGERD_LEASE_TTL": "1s"}, {"lease_ttl": "2s"}).lease_ttl == 2.0


def test_empty_is_not_set() -> None:
    assert read_settings({"POOL_MANAGERD_LEASE_TTL": "", "POOL_MANAGERD_TOKEN": "", "POOL_MANAGERD_ADDR": ""}) == read_settings(
        {}
    )


def test_only_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POOL_MANAGERD_LEASE_TTL", "1s")
    assert read_settings({}).lease_ttl == 30.0


def test_what_belongs_to_others_is_ignored() -> None:
    read_settings({"POOL_MANAGERD_URL": "http://127.0.0.1:9200", "POOL_MANAGERD_ENGINE_NONCE": "x", "PATH": "/bin"})


def test_a_relative_folder_is_made_absolute() -> None:
    assert read_settings({"POOL_MANAGERD_ENGINE_DIRS": "bin"}).engine_dirs == (Path.cwd() / "bin",)


def test_the_run_dir_is_the_users_own() -> None:
    assert read_settings({"XDG_RUNTIME_DIR": "/run/user/7"}).run_dir == Path("/run/user/7/pool-managerd")
    fallback = Path(tempfile.gettempdir()) / f"pool-managerd-{os.geteuid()}"
    assert read_settings({}).run_dir == fallback
    assert read_settings({"XDG_RUNTIME_DIR": "relative"}).run_dir == fallback


@pytest.mark.parametrize("addr", ["127.0.0.1:0", "localhost:65535", "127.9.9.9:1", "[::1]:0"])
def test_loopback_needs_no_token(addr: str) -> None:
    assert read_settings({"POOL_MANAGERD_ADDR": addr}).addr.on_loopback


@pytest.mark.parametrize(
    "addr", ["0.0.0.0:9200", "[::]:9200", "10.0.0.7:9200", "gpu-0.example:9200", "127.1:9200", "localhost.example:1"]
)
def test_every_other_address_does(addr: str) -> None:
    message = refusal({"POOL_MANAGERD_ADDR": addr})
    assert "POOL_MANAGERD_ADDR" in message
    assert "POOL_MANAGERD_TOKEN" in message
    assert not read_settings({"POOL_MANAGERD_ADDR": addr, "POOL_MANAGERD_TOKEN": TOKEN}).addr.on_loopback


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("addr", "9200"),
        ("addr", ":9200"),
        ("addr", "127.0.0.1"),
        ("addr", "127.0.0.1:"),
        ("addr", "127.0.0.1:65536"),
        ("addr", "127.0.0.1:-1"),
        ("addr", "::1:9200"),
        ("addr", "[nonsense]:9200"),
        ("addr", "http://127.0.0.1:9200"),
        ("addr", "127.0.0.1:92 00"),
        ("engine_hosts", "10.0.0.7:80"),
        ("allowed_hosts", "http://x"),
        ("advertise_host", "a b"),
        ("startup_timeout", "0"),
        ("startup_timeout", "soon"),
        ("stop_grace", "-1s"),
        ("lease_ttl", "0s"),
        ("lease_ttl", "nan"),
        ("log_level", "loud"),
        ("log_format", "xml"),
    ],
)
def test_a_wrong_value_is_named(name: str, text: str) -> None:
    message = refusal({variable(name): text})
    assert variable(name) in message
    assert flag(name) in message
    assert message == refusal({}, {name: text})


def test_all_wrong_values_are_named_at_once() -> None:
    message = refusal({"POOL_MANAGERD_LEASE_TTL": "x", "POOL_MANAGERD_LOG_LEVEL": "y"})
    assert "POOL_MANAGERD_LEASE_TTL" in message
    assert "POOL_MANAGERD_LOG_LEVEL" in message


@pytest.mark.requirement("PM-AUTH-3")
@pytest.mark.parametrize("token", ["two words", "caf\xe9", "tab\there", "x" * 4097])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(token: str) -> None:
    message = refusal({"POOL_MANAGERD_TOKEN": token})
    assert "POOL_MANAGERD_TOKEN" in message
    assert token not in message


@pytest.mark.requirement("PM-AUTH-3")
def test_the_token_is_never_shown() -> None:
    settings = read_settings({"POOL_MANAGERD_TOKEN": TOKEN})
    assert TOKEN not in repr(settings)
    assert TOKEN not in settings.model_dump_json()
    assert TOKEN not in refusal({"POOL_MANAGERD_TOKEN": TOKEN, "POOL_MANAGERD_LEASE_TTL": "x"})


def test_every_setting_has_help() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
