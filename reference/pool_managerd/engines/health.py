"""Asking an engine over HTTP whether it is healthy, how many slots it has, and whether they work.

No proxy is used, no redirect followed and no connection kept: that could lead to an earlier process on the same port.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import h11

from pool_managerd.engines.endpoint import Endpoint, resolve

PROBE_TIMEOUT = 1.0
"""Seconds for a whole exchange."""
BODY_LIMIT = 1024 * 1024
"""Bytes of an answer that are read at most."""
MOST_SLOTS = 65536

_PIECE = 1 << 14
_FAILURES = (h11.ProtocolError, TimeoutError, OSError, ValueError)


class HealthClient:
    """Asks the engine at ``host:port``.

    Each turn of the event loop may wait behind a request that is being served. So a question takes as few as can be: it is sent
    in the turn that asks it, before the connection is known to stand.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._endpoints: list[Endpoint] = []

    async def is_healthy(self, target: str) -> bool:
        """Whether ``target`` answers 200 in time. Never raises; the body is not read."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT), self._ask(target) as answer:
                return await answer.status() == HTTPStatus.OK
        except _FAILURES:
            return False

    async def total_slots(self, target: str) -> int | None:
        """The ``total_slots`` that llama-server tells at ``target``; None where it cannot be had. Never raises."""
        try:
            properties = await self._document(target)
        except _FAILURES:
            return None
        slots = properties.get("total_slots") if isinstance(properties, dict) else None
        return slots if type(slots) is int and 1 <= slots <= MOST_SLOTS else None

    async def busy(self, target: str) -> bool | None:
        """Whether a slot of those that llama-server lists at ``target`` works; None where none are listed. Never raises.

        One that does not answer in time may well be at work.
        """
        try:
            slots = await self._document(target)
        except TimeoutError:
            return True
        except _FAILURES:
            return None
        if not isinstance(slots, list) or not all(isinstance(slot, dict) for slot in slots):
            return None
        working = [slot.get("is_processing") for slot in slots]
        return any(working) if working and all(type(works) is bool for works in working) else None

    async def _document(self, target: str) -> Any:
        """The JSON that ``target`` answers with 200; None with any other status. Raises one of _FAILURES."""
        async with asyncio.timeout(PROBE_TIMEOUT), self._ask(target) as answer:
            if await answer.status() != HTTPStatus.OK:
                return None
            try:
                return json.loads(await answer.body())
            except RecursionError:
                return None

    @contextlib.asynccontextmanager
    async def _ask(self, target: str) -> "AsyncIterator[_Answer]":
        http = h11.Connection(h11.CLIENT)
        with await self._send(self._question(http, target)) as sock:
            yield _Answer(http, sock)

    async def _send(self, question: bytes) -> socket.socket:
        self._endpoints = self._endpoints or await resolve(self._host, self._port)
        for endpoint in self._endpoints[:-1]:
            with contextlib.suppress(OSError):
                return await _send(endpoint, question)
        return await _send(self._endpoints[-1], question)

    def _question(self, http: h11.Connection, target: str) -> bytes:
        host = f"[{self._host}]" if ":" in self._host else self._host
        headers = {"Host": f"{host}:{self._port}", "User-Agent": "pool-managerd", "Accept": "application/json"}
        request = h11.Request(method="GET", target=target, headers=list(headers.items()))
        return b"".join(http.send(event) or b"" for event in (request, h11.EndOfMessage()))


class _Answer:
    """What comes back on one connection."""

    def __init__(self, http: h11.Connection, sock: socket.socket) -> None:
        self._http = http
        self._sock = sock
        self._has_begun = False

    async def status(self) -> int:
        """The status code; raises h11's RemoteProtocolError where what comes is not HTTP or ends too early."""
        while not isinstance(event := await self._next(), h11.Response):
            pass
        return event.status_code

    async def body(self) -> bytes:
        """The whole body; raises ValueError where it is too long."""
        body = bytearray()
        while isinstance(event := await self._next(), h11.Data):
            body += event.data
            if len(body) > BODY_LIMIT:
                raise ValueError("the body is too long")
        return bytes(body)

    async def _next(self) -> object:
        """What h11 makes of the bytes that came; waits for them."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._has_begun:
                # What comes faster than it is read would never let anybody else have a turn.
                await asyncio.sleep(0)
            self._has_begun = True
            self._http.receive_data(await asyncio.get_running_loop().sock_recv(self._sock, _PIECE))
        return event


async def _send(endpoint: Endpoint, question: bytes) -> socket.socket:
    """A new connection on which ``question`` was sent; raises OSError."""
    sock = socket.socket(endpoint.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.connect_ex(endpoint.sockaddr)
        # Sending waits until the connection stands, which on this machine it does already, and tells where it failed.
        await asyncio.get_running_loop().sock_sendall(sock, question)
    except BaseException:
        sock.close()
        raise
    return sock
