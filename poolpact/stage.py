"""Where scenarios play: an event loop, and the target of the mode on it."""

import asyncio
import importlib
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from behave.model_type import Status

from poolpact.account import Account, Transcript, abridged, begin_recording
from poolpact.boundary.boundary import Boundary
from poolpact.boundary.noticing import heard_from_subjects, noticed
from poolpact.errors import PoolpactError
from poolpact.ledger import Entry, Outcome
from poolpact.options import Options
from poolpact.patience import Patience
from poolpact.scenarios import INTERRUPTED
from poolpact.targets.base import CannotJudge, Target
from poolpact.virtual.loop import IdleTellingLoop
from poolpact.world import World

LONGEST_SCENARIO = 120.0
"""Seconds after which no exchange of a scenario begins, beyond what the subject's own times make it last."""
LONGEST_LOG = 4000
"""Characters that are kept of the end of what a subject logged."""

T = TypeVar("T")
Record = Callable[[Entry], None]


class Player(Protocol):
    """What happens before and after the steps of a scenario that is to be played."""

    def begin(self, context: Any, scenario: Any) -> None:
        """Before them."""
        ...

    def end(self, context: Any, entry: Entry, scenario: Any, record: Record) -> None:
        """After them: ``record`` what came of ``scenario``, which is ``entry`` unless the end is bad; then it raises."""
        ...


class Stage:
    """The loop and the target of the scenarios that run in this process, from ``__enter__`` to ``__exit__``.

    Entering raises :class:`~poolpact.targets.base.CannotJudge`. ``scratch`` is a folder of its own, ``patience`` that of the run.
    A :class:`Player`.
    """

    def __init__(self, options: Options, scratch: Path, patience: Patience | None = None) -> None:
        self._options = options
        self._patience = patience or Patience()
        self._scratch = scratch
        self._is_doubtful = False
        self._transcript = Transcript(0.0, 0.0)
        self._time_limit = options.time_limit
        self._ends_at = math.inf if options.time_limit is None else options.began + options.time_limit
        self._longest_scenario = LONGEST_SCENARIO + 3 * max(options.startup_timeout or 0.0, options.lease_ttl or 0.0)

    def __enter__(self) -> "Stage":
        is_virtual = self._options.mode == "embedded" and self._options.engine == "simulated"
        self._loop = IdleTellingLoop() if is_virtual else asyncio.SelectorEventLoop()
        asyncio.set_event_loop(self._loop)
        self._target = _make_target(self._options, self._scratch)
        try:
            self._complete(self._target.start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._complete(_close(self._target))
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    def begin(self, context: Any, scenario: Any) -> None:
        """See :class:`Player`. Raises :class:`~poolpact.targets.base.CannotJudge` when the subject is gone or time is over."""
        if self._time_limit is not None and time.monotonic() > self._ends_at:
            raise CannotJudge(f"the time limit of {self._time_limit:g} s was over before it could begin")
        if self._is_doubtful:
            self._complete(self._target.recover())
        now = time.monotonic()
        deadline = min(now + self._longest_scenario, self._ends_at)
        self._transcript = Transcript(began=now, deadline=deadline, is_brief=self._patience.is_lost)
        begin_recording(self._transcript)
        context.world = World(self._target, self._options)

    def end(self, context: Any, entry: Entry, scenario: Any, record: Record) -> None:
        """See :class:`Player`."""
        entry = self._weighed(entry)
        self._is_doubtful = entry.outcome != "passed"
        if "world" in context:
            self._patience.note(passed=not self._is_doubtful, in_vain=self._transcript.in_vain)
            try:
                entry = replace(entry, account=self._account(context.world, entry, scenario))
            except Exception as error:
                what = f"no account can be given: {type(error).__name__}: {error}"
                entry = replace(entry, outcome="harness error", reason=f"{what} ({entry.reason})" if entry.reason else what)
        begin_recording(self._of_clean_up())
        try:
            if "world" in context:
                self._complete(cast(World, context.world).aclose())
        except BaseException as error:
            if entry.outcome == "passed":
                is_subjects = isinstance(error, AssertionError | PoolpactError | KeyboardInterrupt)
                outcome: Outcome = "blocked" if is_subjects else "harness error"
                reason = INTERRUPTED if isinstance(error, KeyboardInterrupt) else f"the clean-up: {error}"
                entry = replace(entry, outcome=outcome, reason=reason)
            raise
        finally:
            begin_recording(None)
            record(entry)

    def _weighed(self, entry: Entry) -> Entry:
        """``entry``, unless the scenario cut a wait short: then it shows neither that something is so nor that it is not."""
        if not self._transcript.was_cut or entry.outcome not in ("passed", "failed", "blocked"):
            return entry
        why = "its time was over"
        if self._transcript.is_brief:
            why = "it waited only briefly: of the scenarios before none had passed, and all had waited in vain"
        return replace(entry, outcome="blocked", reason=f"{entry.reason} ({why})" if entry.reason else why)

    def _of_clean_up(self) -> Transcript:
        """What a scenario leaves nothing in; after one that waited in vain its clean-up does not do so at length once more."""
        is_brief = self._is_doubtful and self._transcript.in_vain
        return Transcript(began=time.monotonic(), deadline=math.inf, is_brief=is_brief)

    def _account(self, world: World, entry: Entry, scenario: Any) -> Account:
        """What was recorded of ``scenario``, whose clean-up is still to come."""
        transcript = self._transcript
        mine = [exchange for exchange in transcript.exchanges if world.is_subject(exchange.url)]
        has_boundary = world.has(Boundary)
        heard = abridged(heard_from_subjects(world)) if has_boundary else ()
        answers: Counter[tuple[str, str, int]] = Counter()
        for (url, method, target, status), count in transcript.answers.items():
            if world.is_subject(url):
                answers[method, target, status] += count
        is_told = entry.outcome != "passed" or self._options.keeps_transcripts
        return Account(
            seconds=time.monotonic() - transcript.began,
            exchanges=sum(count for url, count in transcript.counted.items() if world.is_subject(url)),
            answers=answers,
            transcript=tuple(sorted([*mine, *heard], key=lambda each: each.at)) if is_told else (),
            logs=world.log_tails(LONGEST_LOG) if is_told else (),
            notices=noticed(world) if has_boundary else (),
            secrets=world.secrets,
            began=transcript.began,
            steps=tuple((f"{step.keyword} {step.name}", _status_of(step)) for step in scenario.all_steps) if is_told else (),
        )

    def _complete(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)


def _status_of(step: Any) -> str:
    if step.status is Status.passed:
        return "passed"
    return "skipped" if step.status in (Status.skipped, Status.untested) else "failed"


def _make_target(options: Options, scratch: Path) -> Target:
    module = importlib.import_module(f"poolpact.targets.{options.mode}")
    return cast(Target, getattr(module, f"{options.mode.title()}Target")(options, scratch))


async def _close(target: Target) -> None:
    await target.aclose()
    left = asyncio.all_tasks() - {cast("asyncio.Task[Any]", asyncio.current_task())}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
