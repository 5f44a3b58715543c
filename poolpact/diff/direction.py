"""Whom a difference between two schemas breaks: that hangs on who writes the data and who reads it."""

from enum import Enum

from poolpact.diff.changes import BOTH, CONSUMERS, NEITHER, PROVIDERS, Side
from poolpact.diff.schema import Difference, Member


class Direction(Enum):
    """Which way the data goes."""

    REQUEST = "request"
    """Consumers write it, providers read it."""
    ANSWER = "answer"
    """Providers write it, consumers read it: responses, and the files that a provider leaves behind."""


_WRITERS = {Direction.REQUEST: CONSUMERS, Direction.ANSWER: PROVIDERS}


def broken(difference: Difference, direction: Direction) -> frozenset[Side]:
    """Who kept the old schema and does not keep the new one.

    Less is allowed: who writes may write what no longer is. More is allowed: who reads may read what it does not know. A member
    that is new or gone is judged by its meaning, because unknown members are ignored on both sides: a caller's new member obliges
    the provider to honour it, and one that is gone is missed by consumers, whichever way it went.
    """
    writers = _WRITERS[direction]
    if difference.member is Member.NEW:
        return _by_new_member(difference, direction)
    if difference.member is Member.GONE:
        obliged = difference.required if direction is Direction.REQUEST else difference.narrows
        return BOTH if obliged else CONSUMERS
    return (writers if difference.narrows else NEITHER) | (BOTH - writers if difference.widens else NEITHER)


def _by_new_member(difference: Difference, direction: Direction) -> frozenset[Side]:
    if direction is Direction.REQUEST:
        return BOTH if difference.required else PROVIDERS
    return (PROVIDERS if difference.required else NEITHER) | (CONSUMERS if difference.widens else NEITHER)
