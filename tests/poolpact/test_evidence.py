"""Marks change nothing about a step."""

import pytest

from poolpact.evidence import absent, judges, neither, right, wrong


def step() -> None: ...


@pytest.mark.parametrize("mark", [absent, judges("PM-READY-1", "OR-GATE-2"), neither, right, wrong])
def test_a_marked_step_is_the_step(mark: object) -> None:
    assert callable(mark)
    assert mark(step) is step


@pytest.mark.parametrize("name", ["", "PM-READY", "READY-1", "PM-READY-1 ", "pm-ready-1"])
def test_only_requirements_can_be_judged(name: str) -> None:
    with pytest.raises(ValueError, match="is no id of a requirement"):
        judges("PM-READY-1", name)
