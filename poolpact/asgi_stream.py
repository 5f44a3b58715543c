"""Reading server-sent events off an application in this process, one by one as it sends them."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from poolpact.event_stream import SseEvent, SseParser
from poolpact.exchange import PATIENCE_OF_A_READER, AsgiApp, asgi_scope
from poolpact.targets.base import Timekeeper

_MOST_UNREAD = 64 * 1024
"""Bytes that wait to be read before the application has to, as behind a socket."""


class AsgiStream:
    """The answer of an application to a GET, comments included; ``body`` is there when it is no stream of events."""

    def __init__(self, app: AsgiApp, target: str, headers: Mapping[str, str], time: Timekeeper) -> None:
        asked = {"accept": "text/event-stream"} | {name.lower(): value for name, value in headers.items()}
        self._scope = asgi_scope("GET", target, asked)
        self._app = app
        self._time = time
        self._parser = SseParser(with_comments=True)
        self._unread: deque[bytes] = deque()
        self._events: deque[SseEvent] = deque()
        self._asked = False
        self._is_over = False
        self._hung_up = asyncio.Event()
        self._moved = asyncio.Event()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    @property
    def is_stream(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.status == 200 and self.headers.get("content-type", "").startswith("text/event-stream")

    async def open(self) -> None:
        """Ask, and read the head of the answer; all of it, where that is no stream."""
        self._answering = asyncio.create_task(self._answer(), name=f"GET {self._scope['path']}")
        await self._time.complete(self._begin(), within=PATIENCE_OF_A_READER, what=f"GET {self._scope['path']}: an answer")

    async def _begin(self) -> None:
        await self._until(lambda: bool(self.status) or self._is_over)
        while not self.is_stream and not (self._is_over and not self._unread):
            await self._until(lambda: bool(self._unread) or self._is_over)
            self.body += b"".join(self._unread)
            self._unread.clear()
            self._wake()

    async def _answer(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        finally:
            self._is_over = True
            self._wake()

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._until(lambda: sum(map(len, self._unread)) < _MOST_UNREAD or self._hung_up.is_set())
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
        elif message.get("body"):
            self._unread.append(message["body"])
        self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._moved.wait()

    async def next(self, within: float) -> SseEvent | None:
        """The next event; None at the end of the stream. An AssertionError where neither comes in time, and for what is none."""
        return await self._time.complete(self._next(), within=within, what="the stream says something")

    async def _next(self) -> SseEvent | None:
        while not self._events:
            await self._until(lambda: bool(self._unread) or self._is_over)
            if not self._unread:
                return None
            data = self._unread.popleft()
            self._wake()
            try:
                self._events.extend(self._parser.feed(data))
            except (ValueError, RecursionError) as error:
                raise AssertionError(f"the stream holds no event of JSON in UTF-8: {error}") from None
        return self._events.popleft()

    async def close(self) -> None:
        """Hang up, and wait until the application has noticed."""
        self._hung_up.set()
        self._wake()
        await asyncio.wait({self._answering})
