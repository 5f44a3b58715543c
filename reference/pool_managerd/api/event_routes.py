"""The events: every change of every pool, as it happens (PM-OBS-3)."""

import asyncio
import contextlib
from typing import Annotated

from fastapi import FastAPI, Header, Response
from starlette.types import Receive, Scope, Send

from pool_managerd.api.documented import refusals
from pool_managerd.api.events import rendered
from pool_managerd.manager import PoolManager
from pool_managerd.manager.changes import Changes, Snapshot

LAST_WORDS = 1.0
"""Seconds that a reader has to take what there still is when the manager closes."""


class EventStream(Response):
    """An answer that goes on until its reader hangs up or the manager closes. Sends no faster than it is read."""

    media_type = "text/event-stream"

    def __init__(self, changes: Changes, last_event_id: str | None) -> None:
        super().__init__(headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._changes = changes
        self._last_event_id = last_event_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it (ASGI)."""
        sending = asyncio.create_task(self._send(send))
        ends = {asyncio.create_task(_until_hung_up(receive)), asyncio.create_task(self._changes.closed.wait())}
        try:
            await asyncio.wait({sending, *ends}, return_when=asyncio.FIRST_COMPLETED)
            if self._changes.closed.is_set():
                await asyncio.wait({sending}, timeout=LAST_WORDS)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, *ends):
                task.cancel()
            await asyncio.gather(sending, *ends, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with contextlib.aclosing(self._changes.read(self._last_event_id)) as reading:
            async for told in reading:
                # Of ten thousand pools a snapshot takes longer than others may wait.
                body = await asyncio.to_thread(rendered, told) if isinstance(told, Snapshot) else rendered(told)
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def serve_events(app: FastAPI, manager: PoolManager) -> None:
    """Add /events."""

    @app.get(
        "/events",
        operation_id="watch_events",
        status_code=200,
        response_class=EventStream,
        response_model=None,
        responses=refusals(),
    )
    async def watch_events(last_event_id: Annotated[str | None, Header()] = None) -> EventStream:
        return EventStream(manager.changes, last_event_id)
