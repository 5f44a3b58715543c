"""Orchestrators that keep whoever asks waiting."""

import asyncio
from typing import Any

import httpx

from orchestratord.client import caller, transport
from orchestratord.client.caller import Caller
from orchestratord.errors import ConnectionLost, TimedOut, Unreachable
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch

TOO_LONG = 1.5
"""Seconds."""


def has_a_deadline_of_its_own() -> None:
    exchange = transport.HttpTransport.exchange

    async def patient(self: Any, request: Any, seconds: float) -> Any:
        return await exchange(self, request, TOO_LONG)

    patch(transport.HttpTransport, "exchange", patient)


def renews_its_patience_with_every_byte() -> None:
    async def exchange(self: Any, request: Any, seconds: float) -> Any:
        self._client.timeout = seconds
        try:
            async with asyncio.timeout(TOO_LONG):
                return await self._exchange(request)
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut("no byte came in time") from None
        except httpx.ConnectError:
            raise Unreachable("cannot be reached") from None
        except httpx.HTTPError:
            raise ConnectionLost("the connection was lost") from None

    patch(transport.HttpTransport, "exchange", exchange)


def asks_one_after_the_other() -> None:
    call = Caller.__call__
    turns: dict[int, asyncio.Lock] = {}

    async def in_turn(self: Any, *arguments: Any) -> Any:
        async with turns.setdefault(id(self), asyncio.Lock()):
            return await call(self, *arguments)

    patch(Caller, "__call__", in_turn)


def counts_the_deadline_anew_for_each_try() -> None:
    attempt = Caller._attempt

    async def anew(self: Any, it: Any, request: Any, ends_at: float) -> Any:
        try:
            return await attempt(self, it, request, ends_at)
        except TimedOut:
            return await attempt(self, it, request, caller._now() + TOO_LONG)

    patch(Caller, "_attempt", anew)


MUTANTS = (
    Mutant("OR-DEG-2: has a deadline of its own", has_a_deadline_of_its_own),
    Mutant("OR-DEG-2: renews its patience with every byte", renews_its_patience_with_every_byte),
    Mutant("OR-DEG-2: asks one after the other", asks_one_after_the_other),
    Mutant("OR-DEG-2: counts the deadline anew for another try", counts_the_deadline_anew_for_each_try),
)
