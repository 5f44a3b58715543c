"""pools.toml: the engines of a machine, one table ``[pools.NAME]`` each. See docs/pools.example.toml."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from pool_managerd.domain.errors import InvalidPoolId, InvalidPoolsFile
from pool_managerd.domain.prepared import PreparedEngine, check_pool_id

_PLACEHOLDER = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
_MEMBERS = {"binary": "binary_path", "model": "model_path", "slots": "slots_total", "mask": "device_mask"}
_KEYS = {member: key for key, member in _MEMBERS.items()}


class _Table(BaseModel):
    """One ``[pools.NAME]``: which keys it has and how they are called. PreparedEngine judges the values."""

    model_config = ConfigDict(extra="forbid")

    binary: Any
    model: Any
    port: Any
    host: Any = "127.0.0.1"
    flags: Any = ()
    slots: Any = None
    mask: Any = None
    engine_version: Any = ""
    replica_id: Any = "r0"
    health_path: Any = "/health"


def read_pools_file(path: Path) -> tuple[PreparedEngine, ...]:
    """The engines of ``path``, in its order; raises InvalidPoolsFile, one line that says where and what."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidPoolsFile(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidPoolsFile(f"{path}: not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidPoolsFile(f"{path}: not TOML: {error}") from None
    try:
        return _engines(document, path.absolute().parent)
    except ValueError as error:
        raise InvalidPoolsFile(f"{path}: {error}") from None


def _engines(document: Mapping[str, Any], folder: Path) -> tuple[PreparedEngine, ...]:
    for key in document:
        if key != "pools":
            raise ValueError(f"unknown key {key!r}{_near(key, ['pools'])}")
    pools = document.get("pools")
    if not isinstance(pools, dict) or not pools:
        raise ValueError("no pools: give each a table of its own, [pools.NAME]")
    engines = tuple(_engine(name, table, folder) for name, table in pools.items())
    _check_ports(engines)
    return engines


def _engine(name: str, table: object, folder: Path) -> PreparedEngine:
    where = f"[pools.{name}]"
    try:
        check_pool_id(name)
    except InvalidPoolId as error:
        raise ValueError(f"{where}: {error}") from None
    if not isinstance(table, dict):
        raise ValueError(f"pools.{name} is not a table: write {where}")
    try:
        return _prepared(name, _Table.model_validate(table), folder)
    except ValidationError as error:
        raise ValueError(f"{where} {_explain(error.errors(include_url=False)[0])}") from None
    except ValueError as error:
        raise ValueError(f"{where} {error}") from None


def _prepared(name: str, table: _Table, folder: Path) -> PreparedEngine:
    members = {_MEMBERS.get(key, key): value for key, value in table.model_dump().items()}
    if isinstance(table.binary, str) and table.binary:
        members["binary_path"] = str(folder / Path(table.binary).expanduser())
    engine = PreparedEngine.model_validate(members | {"pool_id": name})
    values = {"host": engine.host, "port": engine.port, "model": engine.model_path, "slots": engine.slots_total}
    return engine.model_copy(update={"flags": tuple(_filled(flag, values) for flag in engine.flags)})


def _filled(flag: str, values: Mapping[str, object]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            raise ValueError(f"flags: unknown placeholder {found[0]}; there are {', '.join(f'{{{key}}}' for key in values)}")
        if values[name] is None:
            raise ValueError(f"flags: {found[0]} needs the key {name!r}")
        return str(values[name])

    return _PLACEHOLDER.sub(value, flag)


def _check_ports(engines: tuple[PreparedEngine, ...]) -> None:
    taken: dict[int, str] = {}
    for engine in engines:
        other = taken.setdefault(engine.port, engine.pool_id)
        if other != engine.pool_id:
            raise ValueError(f"[pools.{engine.pool_id}] port: {engine.port} is already taken by [pools.{other}]")


def _explain(error: ErrorDetails) -> str:
    member, *inside = error["loc"]
    key = _KEYS.get(str(member), str(member))
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key {key!r}{_near(key, list(_Table.model_fields))}"
        case "missing":
            return f"needs the key {key!r}"
    place = "".join(f"[{part}]" for part in inside)
    return f"{key}{place}: {error['msg'][:1].lower()}{error['msg'][1:]}"


def _near(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else f" (known: {', '.join(known)})"
