"""Putting a defect where the reference has none."""

from collections.abc import Callable
from typing import Any


def patch(owner: Any, name: Any, value: object) -> None:
    """Replace an attribute or an item that is there; raises AttributeError or KeyError where what a mutant patches is gone."""
    if isinstance(owner, dict):
        owner[name]
        owner[name] = value
    else:
        getattr(owner, name)
        setattr(owner, name, value)


def rework(owner: Any, name: Any, make: Callable[[Any], object]) -> None:
    """Replace an attribute by what ``make`` makes of it; raises AttributeError where it is gone."""
    patch(owner, name, make(getattr(owner, name)))
