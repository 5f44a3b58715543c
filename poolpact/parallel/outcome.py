"""What became of a scenario, as a value that travels from the worker that ran it to the run that reports it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from typing import Any

from behave.capture import Captured
from behave.matchers import NoMatch
from behave.model_type import Status

from poolpact.ledger import Entry


@dataclass(frozen=True, slots=True)
class Problem:
    """An exception: its class by name, and its text."""

    kind: str
    text: str

    @classmethod
    def of(cls, exception: BaseException | None) -> "Problem | None":
        """Describe ``exception``."""
        return None if exception is None else cls(type(exception).__name__, str(exception))

    def as_exception(self) -> Exception:
        """An exception that reads like the one described."""
        made: Exception = type(self.kind, (Exception,), {})(self.text)
        return made


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What became of a step that was run. ``duration`` is in seconds."""

    status: Status
    duration: float
    error_message: str | None
    problem: Problem | None
    captured: tuple[Captured, ...]

    @classmethod
    def of(cls, step: Any) -> "StepOutcome":
        """Of a behave step after its run."""
        problem = Problem.of(step.exception)
        return cls(step.status, step.duration, step.error_message, problem, tuple(step.captured.captures))

    def replay(self, step: Any, runner: Any) -> bool:
        """Let the same become of ``step`` in the run of ``runner``, formatters included; whether the scenario goes on."""
        step.reset()
        match = runner.step_registry.find_match(step)
        for formatter in runner.formatters:
            formatter.match(match or NoMatch())
        if match is None:
            runner.undefined_steps.append(step)
        step.status, step.duration, step.error_message = self.status, self.duration, self.error_message
        step.exception = self.problem and self.problem.as_exception()
        for captured in self.captured:
            step.captured.add_captured(captured, use_merge=False)
        for formatter in runner.formatters:
            formatter.result(step)
        return not self.status.has_failed()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario.

    ``hook_error`` is what went wrong outside its steps, ``printed`` what the worker wrote meanwhile.
    """

    entry: Entry
    steps: tuple[StepOutcome, ...] = ()
    hook_error: str | None = None
    problem: Problem | None = None
    captured: tuple[Captured, ...] = ()
    printed: str = ""

    @classmethod
    def of(cls, scenario: Any, entry: Entry) -> "Outcome":
        """Of a behave scenario after its run, with its ``entry`` in the ledger."""
        ran = tuple(StepOutcome.of(step) for step in takewhile(_was_run, scenario.all_steps))
        hook_error = (scenario.error_message or "a hook failed") if scenario.hook_failed else None
        problem = Problem.of(scenario.exception)
        return cls(entry, ran, hook_error, problem, tuple(scenario.captured.captures))

    def prepare(self, scenario: Any) -> None:
        """Let the steps of ``scenario``, which is about to be run, do nothing but become what they became."""
        for step, outcome in zip_longest(scenario.all_steps, self.steps):
            step.run = _replaying(step, outcome)

    def conclude(self, scenario: Any) -> None:
        """What is to be said of ``scenario`` beyond its steps, after these."""
        if self.hook_error is not None:
            scenario.hook_failed = True
            scenario.error_message = self.hook_error
            scenario.exception = self.problem and self.problem.as_exception()
        for captured in self.captured:
            scenario.captured.add_captured(captured, use_merge=False)


def _was_run(step: Any) -> bool:
    return step.status not in (Status.untested, Status.skipped)


def _replaying(step: Any, outcome: StepOutcome | None) -> Callable[[Any], bool]:
    """What takes the place of ``step.run``; a step without an outcome was not run."""

    def run(runner: Any) -> bool:
        if outcome is None:
            step.status = Status.skipped
            return True
        return outcome.replay(step, runner)

    return run
