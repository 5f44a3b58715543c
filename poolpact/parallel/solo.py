"""One scenario out of its feature."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from behave.model import Feature, Rule
from behave.runner import scoped_context_layer


def run_alone(scenario: Any, runner: Any) -> None:
    """Run ``scenario`` as if ``runner`` had just come to it; raises KeyboardInterrupt when it was told to end meanwhile."""
    context = runner.context
    *_, runner.feature = containers = list(_containers_of(scenario))
    with ExitStack() as layers:
        for container in reversed(containers):
            layers.enter_context(scoped_context_layer(context, layer=container.type))
            context.tags = set(container.tags)
            setattr(context, container.type, container)
        context._set_root_attribute("active_outline", scenario._row)
        scenario.run(runner)
    if runner.aborted:
        raise KeyboardInterrupt


def _containers_of(scenario: Any) -> Iterator[Any]:
    """Its rule and its feature."""
    parent = scenario.parent
    while parent is not None:
        if isinstance(parent, Feature | Rule):
            yield parent
        parent = parent.parent
