"""What ``-D name=value`` may say: read and checked before the first scenario."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from poolpact.errors import PoolpactError
from poolpact.launch import Launch
from poolpact.targets.base import Mode

EngineKind = Literal["simulated", "process", "llamacpp"]

_MODES = ("embedded", "mock", "live")
_ENGINES: dict[str, tuple[str, ...]] = {
    "embedded": ("simulated", "process"),
    "mock": ("simulated",),
    "live": ("process", "llamacpp"),
}
_ONLY_WITH_URL = ("token", "startup_timeout", "lease_ttl")
_KNOWN = ("mode", "engine", "url", *_ONLY_WITH_URL, "host_dir", "orchestrator_url", "orchestrator_command", "judge_port", "jobs")
_MOST_JOBS = 32
_LONGEST_SECONDS = 7 * 24 * 3600.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)?", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}


class InvalidOption(PoolpactError):
    """An option is unknown or wrong; the message is one line that names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of one run. Durations are in seconds.

    ``url`` is a daemon that somebody else started; ``token`` is its token, or that of one that is started. ``startup_timeout``
    and ``lease_ttl`` are what its operator says of its settings, ``deadline`` what that of a foreign orchestrator says.
    ``host_dir`` is the folder in which the engine simulator tells what it saw; by default a temporary one. ``judge_port`` of
    ``judge_host`` is where an orchestrator that runs already finds its pool manager; 0 takes a free one.
    ``jobs`` is how many scenarios run side by side, ``share`` the number of a worker, from 0, and of how many: for what there is
    little of on a daemon that all of them use. ``engine_program`` is the engine simulator where it is not the installed one.
    ``daemon_launch`` and ``orchestrator_launch`` start a subject that is not the reference. ``profiles`` are those that the
    subject claims; None when all are judged. ``takes`` are the names of settings that a foreign daemon heeds in its environment.
    ``time_limit`` is how many seconds after ``began`` (monotonic seconds) no scenario begins any more. ``keeps_transcripts`` is
    whether those of scenarios that passed are kept as well. ``wants_evidence`` is whether a pool is ready only when its engine
    was seen to be started; otherwise a pool manager is taken at its word.
    """

    mode: Mode = "embedded"
    engine: EngineKind = "simulated"
    url: str | None = None
    token: str | None = None
    startup_timeout: float | None = None
    lease_ttl: float | None = None
    deadline: float | None = None
    host_dir: Path | None = None
    daemon_launch: Launch | None = None
    orchestrator_url: str | None = None
    orchestrator_launch: Launch | None = None
    judge_host: str = "127.0.0.1"
    judge_port: int = 0
    profiles: frozenset[str] | None = None
    takes: frozenset[str] | None = None
    began: float = 0.0
    time_limit: float | None = None
    keeps_transcripts: bool = False
    wants_evidence: bool = True
    jobs: int = 1
    share: tuple[int, int] = (0, 1)
    engine_program: Path | None = None

    @classmethod
    def of(cls, userdata: Mapping[str, str]) -> "Options":
        """Read behave's userdata; raises InvalidOption."""
        for name in userdata:
            if name not in _KNOWN:
                raise InvalidOption(f"-D {name}=…: there is no such option; there are {', '.join(_KNOWN)}")
        mode = _one_of("mode", userdata.get("mode", "embedded"), _MODES)
        engine = _one_of(f"engine (with mode={mode})", userdata.get("engine", _ENGINES[mode][0]), _ENGINES[mode])
        url = base_url("-D url", userdata.get("url"))
        if url is not None and mode != "live":
            raise InvalidOption(f"-D url=… is a running daemon: it goes with -D mode=live, not {mode}")
        for name in _ONLY_WITH_URL:
            if name in userdata and url is None:
                raise InvalidOption(f"-D {name}=… tells of a daemon that runs already: it goes with -D url=…")
        orchestrator_url = base_url("-D orchestrator_url", userdata.get("orchestrator_url"))
        orchestrator_command = userdata.get("orchestrator_command")
        if orchestrator_url is not None and orchestrator_command is not None:
            raise InvalidOption("-D orchestrator_url=… and -D orchestrator_command=…: give one of them")
        if mode == "embedded" and (orchestrator_url is not None or orchestrator_command is not None):
            raise InvalidOption("-D orchestrator_…=… needs a pool manager that it can reach: -D mode=mock or live")
        jobs = _jobs(userdata.get("jobs", "1"))
        judge_port = _port("judge_port", userdata.get("judge_port", "0"))
        if jobs > 1 and (orchestrator_url is not None or judge_port):
            raise InvalidOption(f"-D jobs={jobs}: with one orchestrator or one port scenarios run one by one: leave out jobs")
        return cls(
            mode=cast(Mode, mode),
            engine=cast(EngineKind, engine),
            url=url,
            token=userdata.get("token"),
            startup_timeout=_duration("startup_timeout", userdata.get("startup_timeout")),
            lease_ttl=_duration("lease_ttl", userdata.get("lease_ttl")),
            host_dir=folder_of("-D host_dir", Path(userdata["host_dir"]) if "host_dir" in userdata else None),
            orchestrator_url=orchestrator_url,
            orchestrator_launch=None if orchestrator_command is None else Launch.parse(orchestrator_command),
            judge_port=judge_port,
            jobs=jobs,
        )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidOption(f"-D {name}: {value!r} is none of {', '.join(allowed)}")
    return value


def base_url(option: str, value: str | None) -> str | None:
    """``value`` without a slash at its end; raises InvalidOption, which names ``option``, for what is no base URL."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        usable = value.isprintable() and " " not in value and parts.scheme == "http" and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise InvalidOption(f"{option}: {value!r} is not like http://127.0.0.1:9200")
    return value.rstrip("/")


def _duration(name: str, value: str | None) -> float | None:
    return None if value is None else duration_of(f"-D {name}", value)


def duration_of(option: str, value: str) -> float:
    """``value`` in seconds; raises InvalidOption, which names ``option``, for what is no duration."""
    match = _DURATION.fullmatch(value)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise InvalidOption(f"{option}: {value!r} is not a duration like 20s, 500ms or 2m")
    return seconds


def address_of(option: str, value: str) -> tuple[str, int]:
    """``value`` as host and port; raises InvalidOption, which names ``option``, for what is no address."""
    host, _, port = value.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or len(port) > 5 or not 0 < int(port) <= 65535:
        raise InvalidOption(f"{option}: {value!r} is not like 127.0.0.1:9200")
    return host, int(port)


def _port(name: str, value: str) -> int:
    if not value.isascii() or not value.isdecimal() or len(value) > 5 or int(value) > 65535:
        raise InvalidOption(f"-D {name}: {value!r} is not a port from 0 to 65535")
    return int(value)


def _jobs(value: str) -> int:
    if not value.isascii() or not value.isdecimal() or len(value) > 2 or not 1 <= int(value) <= _MOST_JOBS:
        raise InvalidOption(f"-D jobs: {value!r} is not a number from 1 to {_MOST_JOBS}")
    return int(value)


def folder_of(option: str, folder: Path | None) -> Path | None:
    """``folder``, absolute; raises InvalidOption, which names ``option``, where there is none."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise InvalidOption(f"{option}: {str(folder)!r} is not a folder")
    return folder.resolve()
