"""The faults of a stub: which call goes wrong, how, and how often."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from poolpact.faults.faults import Drip, Fault, Late, Reset, Say, Stall, Truncate
from poolpact.faults.troubles import trouble
from poolpact.stub.operations import Operations
from poolpact.stub.telling import CannotBeTold, Seconds, fitted, split_members

_WAYS = ("status", "reset", "stall", "drip", "truncate", "malformed")


Yes = Literal[True]


class ToldFault(BaseModel):
    """What happens to a call: ``delay`` seconds, one of the other ways, or both; with probability ``p``, at most ``times``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: str
    delay: Seconds | None = None
    status: int | None = Field(default=None, ge=400, le=599)
    reset: Yes | None = None
    stall: Yes | None = None
    drip: Yes | None = None
    truncate: Yes | None = None
    malformed: Yes | None = None
    p: float = Field(default=1.0, gt=0, le=1)
    times: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        ways = self.ways
        if not ways and self.delay is None:
            raise ValueError(f"say what happens: delay=DURATION, status=CODE, {', '.join(_WAYS[1:])}")
        if len(ways) > 1:
            raise ValueError(f"{' and '.join(ways)} cannot both happen: tell them one by one")
        return self

    @property
    def ways(self) -> list[str]:
        """What it does besides the delay."""
        return [way for way in _WAYS if getattr(self, way) is not None]

    @property
    def effect(self) -> str:
        """What happens, as it is told."""
        delay = [] if self.delay is None else [f"delay={self.delay:g}s"]
        return ",".join([*delay, *(f"status={self.status}" if way == "status" else way for way in self.ways)])

    def status_seen(self, right: int | None) -> int | None:
        """The status that the client gets when ``right`` would be the right one; None for no answer."""
        if self.malformed:
            return 200
        return None if self.reset or self.stall else self.status or right

    def fault(self, operation: str, operations: Operations) -> Fault:
        """The fault as it happens to ``operation``."""
        way = self._way(operation, operations)
        if self.delay is not None:
            return Late(self.delay, way)
        if way is None:
            raise AssertionError("a told fault has a way or a delay")
        return way

    def _way(self, operation: str, operations: Operations) -> Fault | None:
        if self.status is not None:
            return Say(operations.refusal(operation, self.status))
        if self.malformed:
            return trouble("answers with broken JSON")
        made = {"reset": Reset, "stall": Stall, "drip": Drip, "truncate": Truncate}
        return next((make() for way, make in made.items() if getattr(self, way)), None)

    def __str__(self) -> str:
        often = [] if self.p == 1 else [f"p={self.p:g}"]
        at_most = [] if self.times is None else [f"times={self.times}"]
        return f"{self.call}:{','.join([self.effect, *often, *at_most])}"


def fault_of_text(text: str, operations: Operations) -> ToldFault:
    """The fault of ``CALL:delay=3s,p=0.1``; raises CannotBeTold."""
    call, colon, rest = text.partition(":")
    if not colon:
        raise CannotBeTold((), "a fault is told as CALL:HOW, such as status:delay=3s,p=0.1")
    members = split_members(rest)
    if "call" in members:
        raise CannotBeTold(("call",), "there is no such member")
    return _of_a_call(fitted(ToldFault, {"call": call, **members}, strict=False), operations)


def fault_of_members(members: Mapping[str, Any], operations: Operations) -> ToldFault:
    """The fault of ``{"call": "status", "delay": "3s"}``; raises CannotBeTold."""
    return _of_a_call(fitted(ToldFault, members, strict=True), operations)


def _of_a_call(fault: ToldFault, operations: Operations) -> ToldFault:
    try:
        operations.named(fault.call)
    except ValueError as unknown:
        raise CannotBeTold(("call",), str(unknown)) from None
    return fault


class Chances:
    """Decides which fault happens to a call: the first of ``faults`` whose turn it is.

    Whether the n-th call that a fault is told for suffers from it hangs on nothing but ``seed`` and n, as long as its ``times``
    last. Raises ValueError for a call that ``operations`` does not have.
    """

    def __init__(self, faults: Sequence[ToldFault], operations: Operations, seed: int) -> None:
        self._chances = [
            _Chance(fault, operations.named(fault.call), random.Random(f"{seed}/{place}"))  # noqa: S311 - not a secret
            for place, fault in enumerate(faults)
        ]

    def next(self, operation: str | None) -> ToldFault | None:
        """The fault of this call, if any."""
        striking = [chance for chance in self._chances if operation in chance.calls and chance.strikes()]
        return next((chance.fault for chance in striking if chance.take()), None)


class _Chance:
    def __init__(self, fault: ToldFault, calls: frozenset[str], draws: random.Random) -> None:
        self.fault = fault
        self.calls = calls
        self._draws = draws
        self._left = fault.times

    def strikes(self) -> bool:
        return self._draws.random() < self.fault.p

    def take(self) -> bool:
        if self._left == 0:
            return False
        if self._left is not None:
            self._left -= 1
        return True
