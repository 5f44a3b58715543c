"""The behave runner of the suite: ``runner = "poolpact.runner:SuiteRunner"`` in ``[tool.behave]``."""

import asyncio
import importlib
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

from behave.reporter.summary import SummaryReporter
from behave.runner import Runner

from poolpact.ledger import Entry, Ledger, Outcome
from poolpact.options import InvalidOption, Options
from poolpact.ports import is_taken
from poolpact.requirements import Requirement, load_requirements
from poolpact.selection import Circumstances, reason_not_to_run
from poolpact.targets.base import CannotJudge, Target
from poolpact.virtual.loop import IdleTellingLoop
from poolpact.world import World

_CANNOT_JUDGE = 2


class SuiteRunner(Runner):  # type: ignore[misc]
    """Runs the scenarios that the mode can exercise, and tells what became of each requirement.

    A wrong ``-D`` option, or nothing to judge, is one line on stderr and exit code 2, before the first scenario.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        config.reporters[:] = [reporter for reporter in config.reporters if not isinstance(reporter, SummaryReporter)]
        self.ledger = Ledger(load_requirements())

    def run(self) -> bool:
        """Run everything; True when something failed or nothing was exercised, as behave wants it."""
        if self.config.dry_run:
            return bool(super().run())
        started = time.monotonic()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self.options = Options.of(self.config.userdata)
            with tempfile.TemporaryDirectory(prefix="poolpact-") as scratch:
                failed = self._run_in(Path(scratch))
        except (InvalidOption, CannotJudge) as error:
            print(f"behave: {error}", file=sys.stderr)
            raise SystemExit(_CANNOT_JUDGE) from None
        for line in self.ledger.report():
            print(line)
        print(self.ledger.summary(self._title, time.monotonic() - started), flush=True)
        return failed or not self.ledger.green

    @property
    def _title(self) -> str:
        engines = {"simulated": "simulated engines", "process": "real engine processes", "llamacpp": "a real llama.cpp server"}
        where = f" at {self.options.url}" if self.options.url else ""
        with_engines = f" with {engines[self.options.engine]}" if self.options.mode != "mock" else ""
        return f"mode {self.options.mode}{where}{with_engines}"

    def _run_in(self, scratch: Path) -> bool:
        self.loop = IdleTellingLoop() if self.options.engine == "simulated" and self.options.mode == "embedded" else _plain_loop()
        asyncio.set_event_loop(self.loop)
        self.target = _make_target(self.options, scratch)
        try:
            self.loop.run_until_complete(self.target.start())
            self._circumstances = Circumstances.of(self.options, port_9200_is_taken=is_taken(9200))
            return bool(super().run())
        finally:
            self.loop.run_until_complete(_close(self.target))
            asyncio.set_event_loop(None)
            self.loop.close()

    # --- hooks ---

    def load_hooks(self, filename: str | None = None) -> None:
        """There is no environment.py: the hooks are methods."""
        self.hooks |= {
            "before_scenario": self._before_scenario,
            "after_scenario": self._after_scenario,
        }

    def _requirement_of(self, scenario: Any) -> Requirement:
        ids = [tag for tag in scenario.effective_tags if tag in self.ledger.requirements]
        if len(ids) != 1:
            raise CannotJudge(f"{scenario.location}: a Rule carries the id of one requirement as its tag, this has {len(ids)}")
        return self.ledger.requirements[ids[0]]

    def _before_scenario(self, context: Any, scenario: Any) -> None:
        requirement = self._requirement_of(scenario)
        reason = reason_not_to_run(requirement, scenario.effective_tags, self._circumstances)
        if reason is not None:
            self.ledger.record(Entry(requirement.id, _place(scenario), "not exercised", reason))
            scenario.skip()
            return
        context.world = World(self.target, self.options)

    def _after_scenario(self, context: Any, scenario: Any) -> None:
        if "world" not in context:
            return
        entry = _entry(self._requirement_of(scenario).id, scenario)
        try:
            self.loop.run_until_complete(cast(World, context.world).aclose())
        except BaseException as error:
            if entry.outcome == "passed":
                entry = Entry(entry.requirement_id, entry.scenario, "blocked", f"the clean-up: {error}")
            raise
        finally:
            self.ledger.record(entry)


def _plain_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop()


def _make_target(options: Options, scratch: Path) -> Target:
    module = importlib.import_module(f"poolpact.targets.{options.mode}")
    return cast(Target, getattr(module, f"{options.mode.title()}Target")(options, scratch))


async def _close(target: Target) -> None:
    await target.aclose()
    left = asyncio.all_tasks() - {cast("asyncio.Task[Any]", asyncio.current_task())}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _entry(requirement_id: str, scenario: Any) -> Entry:
    place = _place(scenario)
    for step in scenario.all_steps:
        if step.status.has_failed() or step.status.is_undefined():
            told = step.error_message.strip().splitlines()[-1] if step.error_message else "there is no such step"
            outcome: Outcome = "failed" if step.step_type == "then" else "blocked"
            return Entry(requirement_id, place, outcome, f"{step.keyword} {step.name}: {told}")
    if scenario.hook_failed:
        return Entry(requirement_id, place, "blocked", scenario.error_message or "a hook")
    return Entry(requirement_id, place, "passed")


def _place(scenario: Any) -> str:
    return f"{scenario.location} {scenario.name}"
