"""The behave runner of the suite: ``runner = "poolpact.runner:SuiteRunner"`` in ``[tool.behave]``."""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import behave.runner
from behave.reporter.summary import SummaryReporter
from behave.runner import Runner

from poolpact.contract.coverage import told_of
from poolpact.errors import PoolpactError
from poolpact.ledger import Entry, Ledger
from poolpact.options import Options
from poolpact.parallel.crew import Crew
from poolpact.parallel.outcome import Outcome
from poolpact.parallel.replay import Replay
from poolpact.parallel.solo import run_alone
from poolpact.parallel.worker import Play
from poolpact.patience import Patience
from poolpact.ports import is_taken
from poolpact.requirements import load_requirements
from poolpact.scenarios import entry_of, id_of, place_of, requirement_of
from poolpact.selection import Circumstances, Hindrance, hindrance
from poolpact.stage import Player, Stage

_CANNOT_JUDGE = 2


class SuiteRunner(Runner):  # type: ignore[misc]
    """Runs the scenarios that the mode can exercise, and tells what became of each requirement.

    With ``-D jobs=N`` workers run them, and this run replays in the usual order what became of them: formatters, reporters and
    the ledger see no difference. A wrong ``-D`` option, or nothing to judge, is one line on stderr and exit code 2, before the
    first scenario.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        config.reporters[:] = [reporter for reporter in config.reporters if not isinstance(reporter, SummaryReporter)]
        self.ledger = Ledger(load_requirements())
        self._player: Player
        self.complaints: list[str] = []
        self.is_worker = False
        self.formatters: list[Any] = []

    def run(self) -> bool:
        """Run everything; True when something failed or nothing was exercised, as behave wants it."""
        if self.config.dry_run:
            return bool(super().run())
        started = time.monotonic()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self.options = Options.of({"jobs": str(self.config.jobs), **self.config.userdata})
            with tempfile.TemporaryDirectory(prefix="poolpact-") as scratch:
                failed = self.run_in(Path(scratch))
                exercised = told_of(Path(scratch))
        except PoolpactError as error:
            print(f"behave: {error}", file=sys.stderr)
            raise SystemExit(_CANNOT_JUDGE) from None
        for line in [*self.complaints, *self.ledger.report(), *exercised]:
            print(line)
        print(self.ledger.summary(self._title, time.monotonic() - started), flush=True)
        return failed or not self.ledger.green

    @property
    def _title(self) -> str:
        engines = {"simulated": "simulated engines", "process": "real engine processes", "llamacpp": "a real llama.cpp server"}
        where = f" at {self.options.url}" if self.options.url else ""
        with_engines = f" with {engines[self.options.engine]}" if self.options.mode != "mock" else ""
        return f"mode {self.options.mode}{where}{with_engines}"

    def run_in(self, scratch: Path) -> bool:
        """Run everything with ``options``, and with ``scratch`` as its folder; True when something failed. Raises CannotJudge.

        Sets the stage. Workers have stages of their own: then it only shows whether there is anything to judge.
        """
        self._scratch = scratch
        self._patience = Patience()
        with Stage(self.options, scratch, self._patience) as stage:
            self._circumstances = Circumstances.of(self.options, port_9200_is_taken=is_taken(9200))
            if self.options.jobs == 1:
                self._player = stage
                return bool(super().run())
        return bool(super().run())

    # --- hooks ---

    def load_hooks(self, filename: str | None = None) -> None:
        """There is no environment.py: the hooks are methods."""
        self.hooks |= {"before_scenario": self._before_scenario, "after_scenario": self._after_scenario}

    def _before_scenario(self, context: Any, scenario: Any) -> None:
        hindered = self._hindrance(scenario)
        if hindered is None:
            self._player.begin(context, scenario)
            return
        requirement = requirement_of(scenario, self.ledger.requirements)
        place, name = place_of(scenario), id_of(requirement, scenario)
        remedy = f": {self.how_to_tell(hindered.setting)}" if hindered.setting is not None else ""
        self.record(Entry(requirement.id, place, "not exercised", f"{hindered.reason}{remedy}", name, kind=hindered.kind))
        scenario.skip()

    def how_to_tell(self, setting: str) -> str:
        """The option that tells ``setting`` of a subject."""
        return f"-D {setting}=TOKEN" if setting == "token" else f"-D {setting}=20s"

    def _hindrance(self, scenario: Any) -> Hindrance | None:
        requirement = requirement_of(scenario, self.ledger.requirements)
        return hindrance(requirement, scenario.effective_tags, self._circumstances)

    def _after_scenario(self, context: Any, scenario: Any) -> None:
        if not scenario.should_skip:
            entry = entry_of(requirement_of(scenario, self.ledger.requirements), scenario)
            self._player.end(context, entry, scenario, self.record)

    def record(self, entry: Entry) -> None:
        """Note what became of a scenario."""
        self.ledger.record(entry)

    # --- workers ---

    def run_model(self, features: Any = None) -> bool:
        """Run the scenarios of the features that were read; see behave."""
        if self.config.dry_run or self.options.jobs == 1:
            return bool(super().run_model(features))
        self.step_registry = behave.runner.the_step_registry
        self._handed_out = [each for feature in self.features for each in feature.walk_scenarios() if self._is_to_be_run(each)]
        by_file = groupby(range(len(self._handed_out)), lambda number: self._handed_out[number].filename)
        with Crew(self.options.jobs, [list(numbers) for _, numbers in by_file], self._company, self._scratch) as crew:
            self._player = Replay(crew, self._handed_out)
            failed = bool(super().run_model(features))
            if not self.aborted and not (failed and self.config.stop):
                crew.finish()
        self.complaints = crew.complaints
        return failed or bool(crew.complaints)

    def _is_to_be_run(self, scenario: Any) -> bool:
        return scenario.should_run(self.config) and self._hindrance(scenario) is None

    @contextmanager
    def _company(self, number: int) -> Iterator[Play]:
        """What worker ``number``, a fork of this process, needs: a stage of its own, and nobody to report to but the run."""
        folder = self._scratch / f"worker-{number}"
        folder.mkdir()
        self.formatters, self.is_worker = [], True
        host_dir = self.options.host_dir and self.options.host_dir / f"{self._scratch.name}-{folder.name}"
        self.options = replace(self.options, host_dir=host_dir, share=(number - 1, self.options.jobs))
        with Stage(self.options, folder, self._patience) as self._player:
            yield self._perform

    def _perform(self, number: int) -> Outcome:
        scenario = self._handed_out[number]
        run_alone(scenario, self)
        return Outcome.of(scenario, self.ledger.entries[-1])
