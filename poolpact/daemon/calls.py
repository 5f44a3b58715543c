"""The calls of a pool manager, as any client in any language would make them."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from poolpact.targets.base import Answer, PoolManagerTarget, Timekeeper

JSON = {"content-type": "application/json"}
"""The headers of a JSON body."""


class Calls:
    """Calls on what ``manager`` returns."""

    def __init__(self, manager: Callable[[], PoolManagerTarget]) -> None:
        self._manager = manager

    async def raw(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
    ) -> Answer:
        """Whatever is asked for."""
        return await self._manager().send(method, target, body=body, headers=headers, authorised=authorised)

    async def health(self) -> Answer:
        """The daemon's own health, without a token."""
        return await self.raw("GET", "/health", authorised=False)

    async def status(self, pool_id: str) -> Answer:
        """The status of a pool."""
        return await self.raw("GET", f"{pool_path(pool_id)}/status")

    async def preload(self, prepared: Mapping[str, Any], *, wait: int | None = None) -> Answer:
        """Preload; with ``wait`` the caller prefers an answer only once it is ready, at most so many seconds later."""
        method, target, body, headers = preload_request(prepared, wait)
        return await self.raw(method, target, body=body, headers=headers)

    def begin_preload(
        self, prepared: Mapping[str, Any], *, wait: int | None = None, caller: str | None = None
    ) -> "asyncio.Task[Answer]":
        """The same, not waited for; ``caller`` is the correlation id that it goes under."""
        method, target, body, headers = preload_request(prepared, wait)
        return self._manager().begin(method, target, body=body, headers=headers | under(caller))

    async def stop(self, pool_id: str, caller: str | None = None) -> Answer:
        """Stop the pool's engine and forget the pool."""
        return await self.raw("DELETE", pool_path(pool_id), headers=under(caller))

    async def acquire(self, pool_id: str, key: str | None = None) -> Answer:
        """Lease a slot."""
        return await self.raw("POST", f"{pool_path(pool_id)}/leases", headers={} if key is None else {"idempotency-key": key})

    async def renew(self, pool_id: str, lease_id: str) -> Answer:
        """Keep a slot."""
        return await self.raw("PUT", f"{pool_path(pool_id)}/leases/{quote(lease_id, safe='')}")

    async def release(self, pool_id: str, lease_id: str) -> Answer:
        """Give a slot back."""
        return await self.raw("DELETE", f"{pool_path(pool_id)}/leases/{quote(lease_id, safe='')}")


def under(caller: str | None) -> dict[str, str]:
    """The header that says under which correlation id ``caller`` asks."""
    return {} if caller is None else {"x-correlation-id": caller}


class Begun:
    """A call that was begun about pool ``pool``, and may have its answer by now. Times are seconds of ``time``."""

    def __init__(self, call: "asyncio.Task[Answer]", pool: str, time: Timekeeper) -> None:
        self.call = call
        self.pool = pool
        self._time = time
        self._ended: float | None = None
        call.add_done_callback(self._stamp)

    def _stamp(self, _: "asyncio.Task[Answer]") -> None:
        self._ended = self._time.now()

    @property
    def is_over(self) -> bool:
        """Whether it was answered, or will never be."""
        return self.call.done()

    @property
    def ended(self) -> float:
        """When the answer came; now, where it is not there yet."""
        return self._time.now() if self._ended is None else self._ended

    @property
    def answer(self) -> Answer:
        """Its answer; an AssertionError when there is none."""
        if not self.is_over:
            raise AssertionError(f"pool {self.pool!r}: the call has no answer yet")
        return self.call.result()

    @property
    def refusal(self) -> Answer | None:
        """Its answer where that is an error."""
        return self.answer if self.is_over and self.answer.status >= 400 else None


async def hang_up(*calls: "asyncio.Task[Answer]") -> None:
    """Wait no longer for the answers to calls that were begun."""
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


def pool_path(pool_id: str) -> str:
    """The path of a pool, its id percent-encoded."""
    return f"/pools/{quote(pool_id, safe='')}"


def preload_request(prepared: Mapping[str, Any], wait: int | None) -> tuple[str, str, bytes, dict[str, str]]:
    """Method, target, body and headers of a preload."""
    headers = JSON if wait is None else JSON | {"prefer": f"wait={wait}"}
    body = json.dumps({"prepared": prepared}).encode()
    return "POST", f"{pool_path(str(prepared['pool_id']))}/preload", body, headers
