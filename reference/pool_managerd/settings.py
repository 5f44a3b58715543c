"""What the operator decides, by environment (POOL_MANAGERD_*) and flags; a flag wins. Empty is the same as not set."""

import ipaddress
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from os import geteuid, pathsep
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from pool_managerd.domain.errors import InvalidSettings
from pool_managerd.durations import parse_duration
from pool_managerd.manager import ManagerConfig

PREFIX = "POOL_MANAGERD_"

_TOKEN = re.compile(r"[!-~]{1,4096}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine reaches it. A name other than localhost counts as reachable by others."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def _address(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, _, port = value.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        is_host = _is_address(host)
    else:
        is_host = bool(_HOST.fullmatch(host))
    if not is_host or not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) or int(port) > 65535:
        raise ValueError(f"{value!r} is not host:port with a port of 0 to 65535, such as 127.0.0.1:9200 or [::1]:9200")
    return Address(host, int(port))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _host(host: str) -> str:
    if not _is_address(host) and not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is not a host name or an address, without port")
    return host


def _token(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError("the token must be 1 to 4096 visible ASCII characters")
    return token


def _split(separator: str) -> BeforeValidator:
    def split(value: object) -> object:
        return [part for piece in value.split(separator) if (part := piece.strip())] if isinstance(value, str) else value

    return BeforeValidator(split)


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Host = Annotated[str, AfterValidator(_host)]
Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0, allow_inf_nan=False)]
LongSeconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0, allow_inf_nan=False)]
Hosts = Annotated[tuple[Host, ...], NoDecode, _split(",")]
Folders = Annotated[tuple[Annotated[Path, AfterValidator(Path.absolute)], ...], NoDecode, _split(pathsep)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
LogFormat = Annotated[Literal["json", "console"], BeforeValidator(_lower)]


class Settings(BaseSettings):
    """Checked values; see :func:`read_settings`. Times are in seconds. ``description`` is the help of the flag."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    addr: Annotated[Address, NoDecode, BeforeValidator(_address)] = Field(
        default=Address("127.0.0.1", 9200), description="host:port to listen on; port 0 takes a free one (127.0.0.1:9200)"
    )
    token: Annotated[SecretStr, AfterValidator(_token)] | None = Field(
        default=None, description="bearer token; better given by the environment: other users of the machine see flags"
    )
    run_dir: Path = Field(description="folder of its files; one daemon a folder (pool-managerd in XDG_RUNTIME_DIR)")
    engine_dirs: Folders = Field(default=(), description="folders whose programs may be executed, separated like PATH (none)")
    engine_hosts: Hosts = Field(default=(), description="addresses beyond loopback that engines may listen on, by commas")
    allowed_hosts: Hosts = Field(default=(), description="names that a Host header may have besides the daemon's own, by commas")
    advertise_host: Host | None = Field(default=None, description="host in the url of engines that listen beyond loopback")
    startup_timeout: LongSeconds = Field(default=300.0, description="within this an engine must be healthy (300s)")
    stop_grace: Seconds = Field(default=5.0, description="between SIGTERM and SIGKILL (5s)")
    lease_ttl: LongSeconds = Field(default=30.0, description="after this a lease that was not renewed ends (30s)")
    drain_deadline: Seconds = Field(
        default=30.0, description="after this a drain stops what still works, unless the call says (30s)"
    )
    pools: Path | None = Field(default=None, description="pools.toml to preload at start")
    log_level: LogLevel = Field(default="info", description="debug, info, warning or error (info)")
    log_format: LogFormat = Field(default="json", description="json or console (json)")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what :func:`read_settings` gives, never the environment of the process."""
        return (init_settings,)

    @model_validator(mode="after")
    def _needs_token_beyond_loopback(self) -> Self:
        if self.token is None and not self.addr.on_loopback:
            raise ValueError(f"{variable('addr')} {self.addr} is not loopback: set {variable('token')}, or listen on 127.0.0.1")
        return self

    def manager_config(self) -> ManagerConfig:
        """What of it concerns the manager."""
        return ManagerConfig(
            engine_dirs=self.engine_dirs,
            engine_hosts=self.engine_hosts,
            startup_timeout=self.startup_timeout,
            stop_grace=self.stop_grace,
            lease_ttl=self.lease_ttl,
            drain_deadline=self.drain_deadline,
            advertise_host=self.advertise_host,
        )


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def flag(name: str) -> str:
    """The flag of a setting."""
    return "--" + name.replace("_", "-")


def read_settings(environ: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Settings:
    """The settings of ``environ``, overridden by ``flags`` (text by name of the setting).

    Raises InvalidSettings, one line that names every wrong setting and never holds the token (PM-AUTH-2, PM-AUTH-3).
    """
    given = {"run_dir": default_run_dir(environ)} | _Environment(environ)() | dict(flags or {})
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise InvalidSettings("; ".join(_explain(one) for one in error.errors(include_input=False))) from None


def default_run_dir(environ: Mapping[str, str]) -> Path:
    """The user's own: below XDG_RUNTIME_DIR, else below the folder for temporary files."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if Path(runtime).is_absolute():
        return Path(runtime) / "pool-managerd"
    return Path(tempfile.gettempdir()) / f"pool-managerd-{geteuid()}"


class _Environment(EnvSettingsSource):
    """The settings in a given environment, instead of the one of the process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(Settings)
        self.env_vars = {name.lower(): text for name, text in environ.items() if text}


def _explain(error: ErrorDetails) -> str:
    cause = error.get("ctx", {}).get("error")
    message = str(cause) if isinstance(cause, ValueError) else error["msg"][:1].lower() + error["msg"][1:]
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    return f"{variable(name)} ({flag(name)}): {message}"
