"""Which scenarios a run can exercise. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from poolpact.options import EngineKind, Options
from poolpact.requirements import Requirement
from poolpact.targets.base import Mode

_MODE_TAG, _NEEDS_TAG = "mode.", "needs."


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a run has to offer. ``available`` is what judging each side may need beyond a running subject."""

    mode: Mode
    engine: EngineKind
    available: dict[str, frozenset[str]]

    @classmethod
    def of(cls, options: Options, *, port_9200_is_taken: bool = False) -> "Circumstances":
        """A subject that the run starts itself can be given any settings; of a foreign one only what was told is known."""
        everything = frozenset({"settings", "command"} if port_9200_is_taken else {"settings", "command", "port_9200"})
        daemon = everything
        if options.url is not None:
            told = {"token": options.token, "startup_timeout": options.startup_timeout, "lease_ttl": options.lease_ttl}
            daemon = frozenset(name for name, value in told.items() if value is not None)
        orchestrator = frozenset() if options.orchestrator_url is not None else everything
        return cls(options.mode, options.engine, {"daemon": daemon, "orchestrator": orchestrator})

    @property
    def has_processes(self) -> bool:
        """Whether engines are real processes."""
        return self.engine != "simulated"


def reason_not_to_run(requirement: Requirement, tags: Collection[str], circumstances: Circumstances) -> str | None:
    """Why a scenario of ``requirement`` with ``tags`` cannot be exercised; None when it can.

    Tags: ``engine.process`` and ``engine.llamacpp`` (which engine it takes), ``mode.X`` (only in mode X; several add up) and
    ``needs.X`` (what it takes beyond a running subject: ``settings``, ``command``, ``port_9200``, or one setting by name);
    ``manager.own`` (a pool manager with settings that the scenario chooses, whoever is judged).
    """
    return (
        _wrong_engine(tags, circumstances)
        or _wrong_mode(requirement, tags, circumstances)
        or _foreign_manager(tags, circumstances)
        or _unmet_need(requirement, tags, circumstances)
    )


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


def _unmet_need(requirement: Requirement, tags: Collection[str], circumstances: Circumstances) -> str | None:
    needs = {tag.removeprefix(_NEEDS_TAG) for tag in tags if tag.startswith(_NEEDS_TAG)}
    if not needs and requirement.needs != "url":
        needs = {requirement.needs}
    available = circumstances.available[requirement.side]
    for need in sorted(needs - available):
        if need == "port_9200":
            return "needs port 9200 of this machine, which somebody has"
        if need == "command":
            return f"needs the command that starts the {requirement.side}: run without its url"
        if "settings" in available:
            continue
        if need == "settings":
            return f"needs a {requirement.side} with settings of its own: run without its url"
        return f"needs to know a setting of the {requirement.side}: -D {need}=…"
    return None
