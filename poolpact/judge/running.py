"""The suite, run for a judgement: nothing is printed but how far it is, and every scenario leaves an entry."""

import contextlib
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behave.configuration import Configuration

from poolpact.judge.suite import features_of
from poolpact.ledger import Entry
from poolpact.options import Options
from poolpact.runner import SuiteRunner
from poolpact.scenarios import id_of, requirement_of

Watch = Callable[[Entry], None]


class JudgingRunner(SuiteRunner):
    """Runs the scenarios whose ids are ``chosen``; ``watch`` is told of each as soon as it is over."""

    def __init__(self, config: Any, options: Options, chosen: Collection[str], watch: Watch) -> None:
        super().__init__(config)
        self.options = options
        self._chosen = frozenset(chosen)
        self._watch = watch

    def run_model(self, features: Any = None) -> bool:
        """See :class:`SuiteRunner`."""
        for feature in self.features:
            for scenario in feature.walk_scenarios():
                if id_of(requirement_of(scenario, self.ledger.requirements), scenario) not in self._chosen:
                    scenario.mark_skipped()
        return super().run_model(features)

    def how_to_tell(self, setting: str) -> str:
        """See :class:`SuiteRunner`."""
        return "--token TOKEN" if setting == "token" else f"--setting {setting}=20s"

    def run_hook_with_capture(self, hook_name: str, *args: Any, **_: Any) -> bool:
        """Run a hook. What behave prints of one that raised, the report says better."""
        with contextlib.redirect_stdout(io.StringIO()):
            return bool(self.run_hook(hook_name, *args))

    def abort(self, reason: str | None = None) -> None:
        """End the run. That it was interrupted is for the report to say."""
        with contextlib.redirect_stderr(io.StringIO()):
            super().abort(reason)

    def record(self, entry: Entry) -> None:
        """See :class:`SuiteRunner`."""
        super().record(entry)
        if not self.is_worker:
            self._watch(entry)


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of scenarios, and what went wrong with the workers that ran them.

    ``was_interrupted``: somebody ended the run before its time, and of the scenarios that were left there is no entry.
    """

    entries: Sequence[Entry]
    complaints: Sequence[str] = ()
    was_interrupted: bool = False


def run_suite(side: str, options: Options, chosen: Collection[str], folder: Path, watch: Watch) -> Ran:
    """Run the scenarios of ``side`` whose ids are ``chosen``; return when the subjects that were started are gone.

    ``folder`` is the run's own. Raises :class:`~poolpact.targets.base.CannotJudge` when there is nothing to judge.
    """
    config = Configuration(["--format", "null", "--no-summary", str(features_of(side))], load_config=False)
    runner = JudgingRunner(config, options, chosen, watch)
    was_interrupted = False
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # behave has words of its own for a run that is interrupted
            runner.run_in(folder)
    except KeyboardInterrupt:
        was_interrupted = True
    return Ran(runner.ledger.entries, runner.complaints, was_interrupted or runner.aborted)
