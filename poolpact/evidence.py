"""Marks of step definitions: what their sentences are evidence of. A run ignores them, ``ci.suite_lint`` reads them.

They go below behave's decorators, which see the function unchanged.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_ID = re.compile(r"(PM|OR)-[A-Z]+-[0-9]+")


def judges(*requirements: str) -> Callable[[F], F]:
    """A Then that fails where one of these requirements does not hold; raises ValueError for what is no id of one."""
    for each in requirements:
        if not _ID.fullmatch(each):
            raise ValueError(f"{each!r} is no id of a requirement")
    return _unchanged


def right(step: F) -> F:
    """After this sentence it is known that the subject can do what is right: it let something in, served or answered it."""
    return step


def wrong(step: F) -> F:
    """The subject refuses, fails, or does not know, something. It must be known to do right before and after that."""
    return step


def absent(step: F) -> F:
    """Something did not happen, as records tell. The subject must be known to have done something right before."""
    return step


def neither(step: F) -> F:
    """Although the words deny something, nothing is refused or missing."""
    return step


def _unchanged(step: F) -> F:
    return step
