"""Which scenarios a run can exercise. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from poolpact.options import EngineKind, Options
from poolpact.requirements import Requirement
from poolpact.targets.base import Mode

_MODE_TAG, _NEEDS_TAG, _WITH_TAG = "mode.", "needs.", "with."


Kind = Literal["mode", "invocation", "setting", "profile"]
"""What stands in the way: another mode or engine is needed, another way to start the subject, a setting of it, or a profile."""

SETTING_NAMES: Mapping[str, str] = {
    "startup_timeout": "POOL_MANAGERD_STARTUP_TIMEOUT",
    "lease_ttl": "POOL_MANAGERD_LEASE_TTL",
    "allowed_hosts": "POOL_MANAGERD_ALLOWED_HOSTS",
    "deadline": "ORCHESTRATORD_DEADLINE_MS",
}
"""The settings of a subject's own that scenarios choose, and their names in the reference's environment."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a scenario is not exercised in a run. ``setting`` is the one that the caller of the run could tell."""

    kind: Kind
    reason: str
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a run has to offer. ``available`` is what judging each side may need beyond a running subject.

    ``profiles`` are those that the subject claims; None where all are judged.
    """

    mode: Mode
    engine: EngineKind
    available: dict[str, frozenset[str]]
    profiles: frozenset[str] | None = None

    @classmethod
    def of(cls, options: Options, *, port_9200_is_taken: bool = False) -> "Circumstances":
        """The reference can be given any settings; of a foreign subject only what was told, and what it heeds, is known."""
        everything = frozenset({"settings", "command"} if port_9200_is_taken else {"settings", "command", "port_9200"})
        told = {"token": options.token, "startup_timeout": options.startup_timeout, "lease_ttl": options.lease_ttl}
        known = frozenset(name for name, value in told.items() if value is not None)
        daemon = everything
        if options.url is not None:
            daemon = known
        elif options.daemon_launch is not None:
            daemon = known | {"command", "token"} | (options.takes or frozenset())
        orchestrator = everything | {"deadline"}
        if options.orchestrator_url is not None or options.orchestrator_launch is not None:
            orchestrator = frozenset() if options.orchestrator_url is not None else everything
            orchestrator |= {"deadline"} & {*(options.takes or ()), *(["deadline"] if options.deadline is not None else [])}
        return cls(options.mode, options.engine, {"daemon": daemon, "orchestrator": orchestrator}, options.profiles)

    @property
    def has_processes(self) -> bool:
        """Whether engines are real processes."""
        return self.engine != "simulated"


def hindrance(requirement: Requirement, tags: Collection[str], circumstances: Circumstances) -> Hindrance | None:
    """Why a scenario of ``requirement`` with ``tags`` cannot be exercised; None when it can.

    Tags: ``engine.process`` and ``engine.llamacpp`` (which engine it takes), ``mode.X`` (only in mode X; several add up),
    ``needs.X`` (what it takes beyond a running subject: ``settings``, ``command``, ``port_9200``, or one setting by name),
    ``with.X`` (a profile that it takes besides its requirement's), and ``manager.own`` (a pool manager with settings that the
    scenario chooses, whoever is judged).
    """
    return (
        _unclaimed(requirement, tags, circumstances)
        or _of_kind("mode", _wrong_engine(tags, circumstances) or _wrong_mode(requirement, tags, circumstances))
        or _of_kind("invocation", _foreign_manager(tags, circumstances))
        or _unmet_need(requirement, tags, circumstances)
    )


def _of_kind(kind: Kind, reason: str | None) -> Hindrance | None:
    return None if reason is None else Hindrance(kind, reason)


def _unclaimed(requirement: Requirement, tags: Collection[str], circumstances: Circumstances) -> Hindrance | None:
    if circumstances.profiles is None:
        return None
    besides = {tag.removeprefix(_WITH_TAG) for tag in tags if tag.startswith(_WITH_TAG)}
    missing = sorted({requirement.profile, *besides} - circumstances.profiles)
    return Hindrance("profile", f"the {requirement.side} does not claim the profile {missing[0]}") if missing else None


def _wrong_engine(tags: Collection[str], circumstances: Circumstances) -> str | None:
    if "engine.llamacpp" in tags:
        return None if circumstances.engine == "llamacpp" else "needs a real llama.cpp server: -D mode=live -D engine=llamacpp"
    if circumstances.engine == "llamacpp":
        return "does not need a real llama.cpp server: run it without -D engine=llamacpp"
    if "engine.process" in tags and not circumstances.has_processes:
        return "needs real engine processes: -D mode=live, or -D engine=process in embedded mode"
    return None


def _wrong_mode(requirement: Requirement, tags: Collection[str], circumstances: Circumstances) -> str | None:
    mode = circumstances.mode
    only = sorted(tag.removeprefix(_MODE_TAG) for tag in tags if tag.startswith(_MODE_TAG))
    if only and mode not in only:
        return f"can only be exercised in mode {' or '.join(only)}"
    if mode in requirement.modes:
        return None
    if mode == "embedded" and "embedded-process" in requirement.modes:
        if circumstances.has_processes:
            return None
        return "needs real engine processes: -D mode=live, or -D engine=process in embedded mode"
    return f"can only be exercised in mode {' or '.join(requirement.modes)}"


def _foreign_manager(tags: Collection[str], circumstances: Circumstances) -> str | None:
    if "manager.own" in tags and "settings" not in circumstances.available["daemon"]:
        return "needs a pool manager that the run starts itself: run without -D url"
    return None


def _unmet_need(requirement: Requirement, tags: Collection[str], circumstances: Circumstances) -> Hindrance | None:
    needs = {tag.removeprefix(_NEEDS_TAG) for tag in tags if tag.startswith(_NEEDS_TAG)}
    if not needs and requirement.needs != "url":
        needs = {requirement.needs}
    available = circumstances.available[requirement.side]
    for need in sorted(needs - available):
        if need == "source":
            return Hindrance("invocation", "needs the source: the reference's own unit tests judge it")
        if need == "port_9200":
            return Hindrance("invocation", "needs port 9200 of this machine, which somebody has")
        if need == "command":
            return Hindrance("invocation", f"needs the command that starts the {requirement.side}: run without its url")
        if "settings" in available and need != "deadline":
            continue
        if need == "settings":
            return Hindrance("invocation", f"needs settings of its own for the {requirement.side}: run without its url")
        if need == "allowed_hosts":
            return Hindrance("invocation", f"needs a daemon that heeds {SETTING_NAMES[need]}")
        return Hindrance("setting", f"needs to know the {need} of the {requirement.side}", need)
    return None
