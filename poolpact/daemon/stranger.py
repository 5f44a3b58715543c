"""Somebody else on an engine's port."""

import asyncio

from poolpact.faults.wire import Connection, Listener, Reply


class Stranger:
    """Answers healthy to whoever asks, and is no engine."""

    def __init__(self) -> None:
        self._listener: Listener | None = None

    async def answer_on(self, port: int) -> None:
        """Begin; raises OSError when ``port`` is taken."""
        self._listener = Listener(self._serve)
        await self._listener.start(port)

    async def _serve(self, connection: Connection) -> None:
        while await connection.receive() is not None:
            await connection.reply(Reply.of_json(200, {"status": "ok"}))
            if not connection.keeps_alive:
                return

    async def aclose(self) -> None:
        """Go away; may be called again."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.close()
            await asyncio.sleep(0)
