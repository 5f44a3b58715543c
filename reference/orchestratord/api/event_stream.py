"""A response of server-sent events that notices at once when the client hangs up."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestratord.dispatch import Emit


class EventStream(Response):
    """Runs ``produce``, which emits the events; cancels it when the client is gone, and returns when it has ended.

    ``finished`` is called at the end in any case.
    """

    media_type = "text/event-stream"

    def __init__(self, produce: Callable[[Emit], Awaitable[None]], finished: Callable[[], None]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._produce = produce
        self._finished = finished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream."""
        try:
            await self._serve(receive, send)
        finally:
            self._finished()

    async def _serve(self, receive: Receive, send: Send) -> None:
        async def emit(event: str, data: Mapping[str, Any]) -> None:
            document = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
            body = f"event: {event}\ndata: {document}\n\n".encode(errors="replace")
            await send({"type": "http.response.body", "body": body, "more_body": True})

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        work = asyncio.ensure_future(self._produce(emit))
        hang_up = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({work, hang_up}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                with contextlib.suppress(OSError):
                    await work
                    await send({"type": "http.response.body", "body": b""})
        finally:
            for task in (work, hang_up):
                task.cancel()
            await asyncio.gather(work, hang_up, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
