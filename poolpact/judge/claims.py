"""What a subject says of itself, and what can be found out about it before it is judged."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poolpact.options import Options
from poolpact.report.printable import visible
from poolpact.selection import SETTING_NAMES
from poolpact.targets.base import Answer, CannotJudge, NotAnswering, NotStarted, StartRefused
from poolpact.targets.live import LiveTarget
from poolpact.targets.logs import last_words
from poolpact.targets.mock import MockTarget

NO_VALUE = "no!value"
"""What no setting can be: who heeds a setting refuses to start with this."""
_LONGEST_LOG = 300
_NOBODYS_SETTING = "POOL_MANAGERD_X_NOBODY_HEEDS_THIS"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a subject's ``/health`` says; None or empty where it says nothing. ``takes`` are the settings that it heeds."""

    implementation: str | None
    version: str | None
    profiles: tuple[str, ...]
    takes: frozenset[str]


async def ask_daemon(options: Options, folder: Path, wanted: Collection[str]) -> Claims:
    """Ask the daemon of ``options``, started with ``folder`` as its own where there is a command; raises CannotJudge.

    Which of the settings ``wanted`` it heeds in its environment is found out by offering each a value that is none.
    """
    target = LiveTarget(options, folder)

    async def refuses(variable: str) -> bool:
        try:
            await target.pool_manager({variable: NO_VALUE})
        except NotStarted:
            return True
        except NotAnswering:
            return False
        return False

    try:
        await target.start()
        manager = await target.pool_manager({})
        answer = await manager.send("GET", "/health", authorised=False)
        takes = await _heeded(refuses, wanted) if options.url is None else frozenset()
    except NotStarted as ended:
        raise CannotJudge(f"the daemon ended instead of listening: {_told_by(ended.refusal)}") from None
    except (NotAnswering, AssertionError) as silent:
        raise CannotJudge(f"the daemon cannot be judged: {silent}") from None
    finally:
        await target.aclose()
    return _read(answer, takes)


Refuses = Callable[[str], Awaitable[bool]]
"""Whether a subject that is started with NO_VALUE for this variable ends instead of listening."""


async def _heeded(refuses: Refuses, wanted: Collection[str]) -> frozenset[str]:
    """Those of the settings ``wanted`` that a subject heeds; none where it refuses to start again whatever it is given."""
    if not wanted:
        return frozenset()
    names = sorted(wanted)
    variables = [_NOBODYS_SETTING, *(SETTING_NAMES[name] for name in names)]
    control, *refused = await asyncio.gather(*map(refuses, variables))
    return frozenset() if control else frozenset(name for name, is_refused in zip(names, refused, strict=True) if is_refused)


async def ask_orchestrator(options: Options, folder: Path, wanted: Collection[str]) -> Claims:
    """Ask the orchestrator of ``options``, started where there is a command; raises CannotJudge. As :func:`ask_daemon` does."""
    target = MockTarget(options, folder)

    async def refuses(variable: str) -> bool:
        try:
            return isinstance(await target.orchestrator({**way, variable: NO_VALUE}), StartRefused)
        except NotAnswering:
            return False

    try:
        await target.start()
        way = await _way_to_judge(target)
        subject = await target.orchestrator(way)
        if isinstance(subject, StartRefused):
            raise CannotJudge(f"the orchestrator ended instead of listening: {_told_by(subject)}")
        answer = await subject.send("GET", "/health")
        takes = await _heeded(refuses, wanted) if options.orchestrator_url is None else frozenset()
    except (NotAnswering, AssertionError) as silent:
        raise CannotJudge(f"the orchestrator cannot be judged: {silent}") from None
    finally:
        await target.aclose()
    return _read(answer, takes)


def _told_by(refusal: StartRefused) -> str:
    printed = " ".join(last_words(refusal.stderr, _LONGEST_LOG).split())
    return f"exit code {refusal.exit_code}, " + (f"and it said: {visible(printed)}" if printed else "and it printed nothing")


async def _way_to_judge(target: MockTarget) -> Mapping[str, str]:
    manager = await target.pool_manager({})
    try:
        return await target.way_to(manager)
    except OSError as error:
        raise CannotJudge(f"the judge cannot listen there: {error.strerror or error}") from None


def _read(answer: Answer, takes: frozenset[str]) -> Claims:
    """Whatever is no claim is passed over: it is for the scenarios to judge."""
    try:
        told: Any = json.loads(answer.body) if answer.status == 200 else {}
    except (ValueError, RecursionError):
        told = {}
    if not isinstance(told, dict):
        told = {}
    profiles = told.get("profiles")
    claimed = [each for each in profiles if isinstance(each, str)] if isinstance(profiles, list) else []
    return Claims(_text(told.get("implementation")), _text(told.get("version")), tuple(dict.fromkeys(claimed)), takes)


def _text(value: Any) -> str | None:
    return value[:200] if isinstance(value, str) and value else None
