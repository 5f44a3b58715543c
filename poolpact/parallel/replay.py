"""A run whose scenarios workers run: it becomes what they tell, in its own order."""

import sys
from collections.abc import Sequence
from typing import Any

from poolpact.ledger import Entry
from poolpact.parallel.crew import Crew, Lost
from poolpact.parallel.outcome import Outcome
from poolpact.stage import Record


class Replay:
    """Lets ``scenarios``, whose numbers ``crew`` knows, become what became of them. A :class:`~poolpact.stage.Player`."""

    def __init__(self, crew: Crew, scenarios: Sequence[Any]) -> None:
        self._crew = crew
        self._numbers = {id(scenario): number for number, scenario in enumerate(scenarios)}

    def begin(self, context: Any, scenario: Any) -> None:
        """See :class:`~poolpact.stage.Player`; raises :class:`Lost`."""
        number = self._numbers.get(id(scenario))
        if number is None:
            raise Lost("it was not handed out")
        outcome = self._crew.outcome_of(number)
        _print(outcome.printed)
        outcome.prepare(scenario)
        context.outcome = outcome

    def end(self, context: Any, entry: Entry, scenario: Any, record: Record) -> None:
        """See :class:`~poolpact.stage.Player`."""
        if "outcome" not in context:
            record(entry)
            return
        outcome: Outcome = context.outcome
        record(outcome.entry)
        outcome.conclude(scenario)


def _print(text: str) -> None:
    """Past behave's capture: it was printed past it in the worker as well."""
    if text and sys.__stdout__ is not None:
        sys.__stdout__.write(text)
        sys.__stdout__.flush()
