"""Putting a defect where the reference has none."""

from typing import Any


def patch(owner: Any, name: str, value: object) -> None:
    """Replace an attribute or an item that is there; raises AttributeError or KeyError where what a mutant patches is gone."""
    if isinstance(owner, dict):
        owner[name]
        owner[name] = value
    else:
        getattr(owner, name)
        setattr(owner, name, value)
