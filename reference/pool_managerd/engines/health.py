"""Asking an engine over HTTP whether it is healthy, and how many slots it has."""

import asyncio
import json
import ssl

import httpx

PROBE_TIMEOUT = 1.0
"""Seconds for a whole exchange."""
BODY_LIMIT = 1024 * 1024
"""Bytes of an answer that are read at most."""
MOST_SLOTS = 65536

_FAILURES = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError)


class HealthClient:
    """Shared by all engines. Uses no proxy, follows no redirect and keeps no connection.

    A connection that was kept could lead to an earlier process on the same port.
    """

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(
            trust_env=False,
            # Engines speak plain HTTP; an empty context is a lot faster made than one that trusts somebody.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            timeout=None,  # noqa: S113 - the whole exchange has a time-out
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            headers={"User-Agent": "pool-managerd", "Accept": "application/json"},
        )

    async def is_healthy(self, url: str) -> bool:
        """Whether ``url`` answers 200 in time. Never raises; the body is not read."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT), self._client.stream("GET", url) as answer:
                return answer.status_code == httpx.codes.OK
        except _FAILURES:
            return False

    async def total_slots(self, url: str) -> int | None:
        """The ``total_slots`` that llama-server tells at ``url``; None where it cannot be had. Never raises."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT), self._client.stream("GET", url) as answer:
                if answer.status_code != httpx.codes.OK:
                    return None
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > BODY_LIMIT:
                        return None
            properties = json.loads(body)
        except (*_FAILURES, RecursionError):
            return None
        slots = properties.get("total_slots") if isinstance(properties, dict) else None
        return slots if type(slots) is int and 1 <= slots <= MOST_SLOTS else None

    async def aclose(self) -> None:
        """Let go of what the client holds."""
        await self._client.aclose()
