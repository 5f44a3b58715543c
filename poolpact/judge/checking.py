"""One check from the first question to the report: who is it, what does it claim, what became of it, what is it worth."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from poolpact.errors import PoolpactError
from poolpact.judge.claims import Claims, ask_daemon, ask_orchestrator
from poolpact.judge.document import Run, conformance
from poolpact.judge.known_failures import KnownFailures
from poolpact.judge.redaction import Redaction
from poolpact.judge.running import Ran, Watch, run_suite
from poolpact.judge.suite import SuiteScenario, read_suite
from poolpact.judge.verdicts import Judgement, judge
from poolpact.ledger import Entry
from poolpact.options import Options
from poolpact.requirements import PROFILES, Requirement, load_requirements
from poolpact.scenarios import INTERRUPTED
from poolpact.selection import SETTING_NAMES
from poolpact.targets.base import CannotJudge

Side = Literal["daemon", "orchestrator"]
_ALONE: dict[Side, str] = {"daemon": "core", "orchestrator": "health"}
"""The profile of every subject, whatever it declares."""


class InvalidCheck(PoolpactError):
    """What was asked for cannot be checked; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """What is to be checked, and how. ``profiles`` is empty where the subject's own declaration counts.

    ``only`` are requirements, ``replay`` one scenario or requirement; ``target`` is what the report calls the subject's URL or
    command, ``again`` the command line of this check.
    """

    side: Side
    options: Options
    target: str
    again: str
    profiles: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    replay: str | None = None
    known: KnownFailures = field(default_factory=KnownFailures)


Begin = Callable[[int, Sequence[str]], Watch]
"""Told how many scenarios there are and which profiles are judged; it returns who is told of each scenario."""


def run_check(check: Check, folder: Path, begin: Begin) -> dict[str, Any]:
    """The conformance document of one check; ``folder`` is the run's own.

    One that is interrupted while it judges ends its subjects and tells what is known until then. Raises InvalidCheck,
    CannotJudge, and KeyboardInterrupt when it was interrupted before there was anything to tell.
    """
    started_at, began = datetime.now(UTC), time.monotonic()
    every = load_requirements()
    mine = [requirement for requirement in every.values() if requirement.side == check.side]
    _refuse_unknown(check, mine)
    suite = list(read_suite(check.side, every))
    chosen = _chosen(check, suite)
    claims = _ask(check, chosen, folder / "preflight")
    profiles = _profiles(check, claims)
    options = replace(check.options, profiles=frozenset(profiles), takes=claims.takes, began=began)
    watch = begin(sum(_is_claimed(each.requirement, profiles) for each in chosen), profiles)
    ran = run_suite(check.side, options, [each.id for each in chosen], folder, watch)
    entries, complaints = _completed(ran, [each for each in chosen if _is_claimed(each.requirement, profiles)])
    wanted = {each.requirement.id for each in chosen} if check.replay else set(check.only)
    judged = [requirement for requirement in mine if not wanted or requirement.id in wanted]
    judgement = judge(judged, entries, profiles, check.known, every, complaints)
    judgement = _not_empty(check, judgement)
    if check.replay is not None:  # one scenario that passes shows of no known failure that it is none
        judgement = replace(judgement, stale=())
    run = Run(
        subject=check.side,
        implementation=claims.implementation or check.target,
        version=claims.version,
        target=check.target,
        mode=options.mode,
        replay=f"{check.again} --replay {{id}}",
        started_at=started_at,
        seconds=time.monotonic() - began,
        known_failures=None if check.known.path is None else str(check.known.path),
    )
    secrets = {secret for entry in entries if entry.account for secret in entry.account.secrets}
    return conformance(run, judgement, Redaction(secrets | _secrets_of(options)))


def _secrets_of(options: Options) -> frozenset[str]:
    """What the caller told that no report may show."""
    launches = (options.daemon_launch, options.orchestrator_launch)
    told = frozenset(secret for launch in launches if launch is not None for secret in launch.secrets)
    return told | {options.token} if options.token else told


def _completed(ran: Ran, claimed: Sequence[SuiteScenario]) -> tuple[Sequence[Entry], Sequence[str]]:
    """The entries and complaints of a run; the scenarios that it was interrupted before are not exercised."""
    if not ran.was_interrupted:
        lost = sorted({each.id for each in claimed} - {entry.scenario_id for entry in ran.entries})
        return ran.entries, [*ran.complaints, *(f"nobody knows what became of {name}" for name in lost)]
    known = {entry.scenario_id for entry in ran.entries if entry.reason != INTERRUPTED}
    begun = {entry.scenario_id for entry in ran.entries}
    left = [Entry(each.requirement.id, each.place, "blocked", INTERRUPTED, each.id) for each in claimed if each.id not in begun]
    missing = sum(each.id not in known for each in claimed)
    complaint = f"it was interrupted: {missing} of {len(claimed)} scenarios were not judged"
    return [*ran.entries, *left], [*ran.complaints, *([complaint] if missing else [])]


def _refuse_unknown(check: Check, requirements: Sequence[Requirement]) -> None:
    ids = {requirement.id for requirement in requirements}
    for name in check.only:
        if name not in ids:
            raise InvalidCheck(f"--only: {name!r} is no requirement of {_with_article(check.side)}; see poolpact list")
    for name in check.profiles:
        if name not in PROFILES[check.side]:
            known = ", ".join(PROFILES[check.side])
            raise InvalidCheck(f"--profiles: {name!r} is no profile of {_with_article(check.side)}; there are {known}")


def _with_article(side: Side) -> str:
    return "an orchestrator" if side == "orchestrator" else "a daemon"


def _chosen(check: Check, suite: Sequence[SuiteScenario]) -> list[SuiteScenario]:
    if check.replay is not None:
        found = [each for each in suite if check.replay in (each.id, each.requirement.id)]
        if not found:
            raise InvalidCheck(f"--replay: there is no scenario {check.replay!r}; see poolpact list scenarios")
        return found
    return [each for each in suite if not check.only or each.requirement.id in check.only]


def _ask(check: Check, chosen: Sequence[SuiteScenario], folder: Path) -> Claims:
    folder.mkdir()
    options = check.options
    told = {"startup_timeout": options.startup_timeout, "lease_ttl": options.lease_ttl, "deadline": options.deadline}
    needed = {need for each in chosen for need in each.needs}
    wanted = [name for name in SETTING_NAMES if name in needed and told.get(name) is None]
    ask = ask_daemon if check.side == "daemon" else ask_orchestrator
    try:
        return asyncio.run(ask(options, folder, wanted))
    except CannotJudge as silent:
        raise CannotJudge(Redaction(_secrets_of(options)).text(str(silent))) from None


def _profiles(check: Check, claims: Claims) -> tuple[str, ...]:
    """Those asked for, else those declared; what every subject has to keep is claimed by being one."""
    if check.profiles:
        return check.profiles
    claimed = {_ALONE[check.side], *claims.profiles}
    return tuple(name for name in PROFILES[check.side] if name in claimed)


def _is_claimed(requirement: Requirement, profiles: Sequence[str]) -> bool:
    return requirement.profile in profiles


def _not_empty(check: Check, judgement: Judgement) -> Judgement:
    """``judgement``, with a complaint for each profile that was asked for by name and cannot be judged: that is no success.

    Raises CannotJudge where nothing was judged at all.
    """
    if not judgement.is_about_something:
        raise CannotJudge(f"nothing of {', '.join(judgement.profiles)} can be judged: {_why_not(judgement, None)}")
    named = () if check.only or check.replay else check.profiles
    complaints = [
        f"nothing of the profile {profile} can be judged: {_why_not(judgement, profile)}"
        for profile in judgement.unjudgeable(named)
    ]
    return replace(judgement, complaints=(*judgement.complaints, *complaints))


def _why_not(judgement: Judgement, profile: str | None) -> str:
    about = [finding for finding in judgement.findings if profile in (None, finding.requirement.profile)]
    claimed = [finding for finding in about if finding.verdict != "not_claimed"] or about
    return f"{claimed[0].requirement.id}: {claimed[0].reason}" if claimed else "the suite has no requirement of it yet"
