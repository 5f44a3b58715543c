"""Carries a call out: paced, retried where that is safe, and over before the deadline."""

import asyncio
import itertools
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

import structlog

from orchestratord import correlation
from orchestratord.client.pacing import Attempt, Pacer, Refuse
from orchestratord.client.retry import retry_delay
from orchestratord.client.wire import Answer, Call, Request
from orchestratord.errors import PoolManagerUnavailable, ProtocolViolation, TimedOut

TIME_THAT_TELLS = 0.25
"""Seconds: a call that spent its time waiting for its turn, and timed out in less than this, says nothing about the daemon."""

T = TypeVar("T")
_log = structlog.get_logger("orchestratord")


class Transport(Protocol):
    """What carries one exchange."""

    base_url: str

    async def exchange(self, request: Request, seconds: float) -> Answer:
        """The answer within ``seconds``, or PoolManagerUnavailable."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Caller:
    """Calls on one pool manager. For one event loop."""

    def __init__(self, transport: Transport, headers: Mapping[str, str]) -> None:
        self._transport = transport
        self._headers = headers
        self._pacer = Pacer()
        self._waiters: dict[asyncio.Future[None], None] = {}  # in the order they came

    async def __call__(self, call: Call[T], deadline: float) -> T:
        """The meaning of the answer to ``call``, within ``deadline`` seconds and the call's own extra time.

        Raises PoolManagerUnavailable or Rejected.
        """
        ends_at = _now() + deadline + call.extra_time
        headers = {**self._headers, **call.request.headers, correlation.HEADER: correlation.current()}
        request = replace(call.request, headers=headers)
        tries, was_down = 0, self._pacer.is_down
        while True:
            attempt = await self._leave(ends_at, is_retry=tries > 0)
            tries += 1
            try:
                return call.parse(await self._attempt(attempt, request, ends_at))
            except PoolManagerUnavailable as failure:
                time_left = ends_at - _now()
                delay = retry_delay(request.method, tries, failure, time_left, random.random())  # noqa: S311 - jitter
                if delay is None or was_down:
                    raise
            await asyncio.sleep(delay)

    async def _leave(self, ends_at: float, *, is_retry: bool) -> Attempt:
        asked_at = _now()
        while True:
            now = _now()
            decision = self._pacer.ask(now, asked_at=asked_at, is_retry=is_retry)
            if isinstance(decision, Attempt):
                return decision
            if isinstance(decision, Refuse):
                raise type(decision.cause)(*decision.cause.args)
            if now >= ends_at:
                raise TimedOut(f"{self._transport.base_url} has too many calls under way")
            await self._wait(min(decision.until, ends_at))

    async def _wait(self, until: float) -> None:
        """Until woken, or that time."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        try:
            async with asyncio.timeout_at(until):
                await waiter
        except TimeoutError:
            return
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._wake(1)
            raise
        finally:
            self._waiters.pop(waiter, None)

    def _wake(self, most: int) -> None:
        for waiter in list(itertools.islice(self._waiters, most)):
            del self._waiters[waiter]
            if not waiter.done():
                waiter.set_result(None)

    async def _attempt(self, attempt: Attempt, request: Request, ends_at: float) -> Answer:
        seconds = ends_at - _now()
        try:
            answer = await self._transport.exchange(request, seconds)
        except ProtocolViolation:
            self._answered(attempt)
            raise
        except PoolManagerUnavailable as failure:
            if isinstance(failure, TimedOut) and seconds < TIME_THAT_TELLS:
                self._pacer.abandoned(attempt)
            else:
                self._failed(attempt, failure)
            raise
        except BaseException:
            self._pacer.abandoned(attempt)
            raise
        else:
            self._answered(attempt)
            return answer
        finally:
            # An answer leaves room for one more; a failure concerns everybody.
            self._wake(len(self._waiters) if self._pacer.is_down else 1)

    def _answered(self, attempt: Attempt) -> None:
        if self._pacer.is_down:
            _log.info("pool_manager_up", url=self._transport.base_url)
        self._pacer.answered(attempt)

    def _failed(self, attempt: Attempt, failure: PoolManagerUnavailable) -> None:
        was_down = self._pacer.is_down
        self._pacer.failed(attempt, failure)
        if self._pacer.is_down and not was_down:
            _log.warning("pool_manager_down", url=self._transport.base_url, cause=str(failure))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def _now() -> float:
    """The loop's time, which its time-outs are counted in."""
    return asyncio.get_running_loop().time()
