"""What the operator decides, from the environment and from flags (OR-CFG-1, OR-CFG-2).

Every setting has a name in the environment and, derived from it, a flag; the flag wins. Empty is the same as not set.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from orchestratord.client.address import DEFAULT_URL, TOKEN_VARIABLE, URL_VARIABLE, check_token, check_url
from orchestratord.errors import InvalidSettings

Mode = Literal["embedded", "remote", "fallback"]
LogFormat = Literal["json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]

LONGEST_DEADLINE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked values. ``port`` 0 takes a free one; ``deadline`` is in seconds; ``pools`` is for embedded and fallback mode."""

    host: str = "127.0.0.1"
    port: int = 8080
    deadline: float = 2.0
    mode: Mode = "remote"
    pool_manager_url: str = DEFAULT_URL
    pool_manager_token: str | None = field(default=None, repr=False)
    pools: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    log_level: LogLevel = "info"
    log_format: LogFormat = "json"


@dataclass(frozen=True, slots=True)
class Variable:
    """A setting as the operator sees it. ``read`` turns text into members of :class:`Settings`, or raises InvalidSettings."""

    name: str
    help: str
    read: Callable[[str], dict[str, Any]]

    @property
    def flag(self) -> str:
        """``ORCHESTRATORD_ADDR`` is ``--addr``, ``POOL_MANAGERD_URL`` is ``--pool-managerd-url``."""
        return "--" + self.name.removeprefix("ORCHESTRATORD_").lower().replace("_", "-")


def read_settings(environ: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Settings:
    """The settings of ``environ``, overridden by ``flags``, both by variable name; raises InvalidSettings."""
    members: dict[str, Any] = {}
    for variable in VARIABLES:
        text = (flags or {}).get(variable.name, environ.get(variable.name, ""))
        if text:
            members |= variable.read(text)
    return Settings(**members)


def _read_addr(text: str) -> dict[str, Any]:
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not bare or (":" in bare and bare == host) or not _is_number(port, 0, 65535):
        raise InvalidSettings(f"ORCHESTRATORD_ADDR is host:port with a port of 0 to 65535, such as 127.0.0.1:8080, not {text!r}")
    return {"host": bare, "port": int(port)}


def _read_deadline(text: str) -> dict[str, Any]:
    if not _is_number(text, 1, LONGEST_DEADLINE_MS):
        raise InvalidSettings(f"ORCHESTRATORD_DEADLINE_MS is a number of milliseconds, 1 to {LONGEST_DEADLINE_MS}, not {text!r}")
    return {"deadline": int(text) / 1000}


def _read_url(text: str) -> dict[str, Any]:
    return {"pool_manager_url": check_url(text)}


def _read_token(text: str) -> dict[str, Any]:
    check_token(text)
    return {"pool_manager_token": text}


def _read_pools(text: str) -> dict[str, Any]:
    return {"pools": Path(text)}


def _read_allowed_hosts(text: str) -> dict[str, Any]:
    return {"allowed_hosts": tuple(host.strip() for host in text.split(",") if host.strip())}


def _one_of(name: str, member: str, choices: object) -> Callable[[str], dict[str, Any]]:
    allowed = cast("tuple[str, ...]", get_args(choices))

    def read(text: str) -> dict[str, Any]:
        if text not in allowed:
            raise InvalidSettings(f"{name} is one of {', '.join(allowed)}, not {text!r}")
        return {member: text}

    return read


def _is_number(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most


VARIABLES: Final = (
    Variable("ORCHESTRATORD_ADDR", "host:port to listen on; port 0 takes a free one (127.0.0.1:8080)", _read_addr),
    Variable("ORCHESTRATORD_DEADLINE_MS", "milliseconds within which a pool's health is answered (2000)", _read_deadline),
    Variable(
        "POOL_MANAGER_MODE",
        "where pools are managed: embedded, remote or fallback (remote)",
        _one_of("POOL_MANAGER_MODE", "mode", Mode),
    ),
    Variable(URL_VARIABLE, f"the pool manager's base URL ({DEFAULT_URL})", _read_url),
    Variable(TOKEN_VARIABLE, "its bearer token; better given by the environment than by the flag", _read_token),
    Variable("ORCHESTRATORD_POOLS", "the pools.toml to load in embedded and fallback mode", _read_pools),
    Variable(
        "ORCHESTRATORD_ALLOWED_HOSTS", "further names this server is addressed by, separated by commas", _read_allowed_hosts
    ),
    Variable(
        "ORCHESTRATORD_LOG_LEVEL",
        "debug, info, warning or error (info)",
        _one_of("ORCHESTRATORD_LOG_LEVEL", "log_level", LogLevel),
    ),
    Variable("ORCHESTRATORD_LOG_FORMAT", "json or console (json)", _one_of("ORCHESTRATORD_LOG_FORMAT", "log_format", LogFormat)),
)
