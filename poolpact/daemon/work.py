"""Requests that the engines of a scenario work on, sent past any pool manager."""

import asyncio
import json

from poolpact.daemon.preloads import Preloads
from poolpact.expectation import expect
from poolpact.world import World

TOKENS = 4
"""So many tokens a request asks for."""
_PATIENCE = 10.0
"""Real seconds: what an engine streams comes over a real socket, in any mode."""


class Work:
    """One request a pool at most; it streams its first token and goes on when the engine is told."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._preloads = world.of(Preloads)
        self._streams: dict[str, asyncio.StreamReader] = {}

    async def begin(self, name: str) -> None:
        """Let the engine of pool ``name`` work on a request, and keep it at that."""
        pool = self._world.pool(name)
        await self._preloads.tell(name, "hold")
        body = json.dumps({"prompt": "hello", "n_predict": TOKENS, "stream": True}).encode()
        head = f"POST /completion HTTP/1.1\r\nHost: 127.0.0.1:{pool.port}\r\nContent-Type: application/json\r\n"
        request = f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
        try:
            async with asyncio.timeout(_PATIENCE):
                self._streams[name] = await self._first_token(pool.port, request)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as broken:
            raise AssertionError(f"the engine of pool {name!r} does not begin to work: {type(broken).__name__}") from None

    async def _first_token(self, port: int, request: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._world.defer(lambda: _close(writer))
        writer.write(request)
        await reader.readuntil(b"data:")
        return reader

    async def let_end(self, name: str) -> None:
        """Let the engine of pool ``name`` go on."""
        await self._preloads.tell(name, "release")

    async def ends_well(self, name: str) -> None:
        """The request was answered to its end."""
        expect(name in self._streams, f"the engine of pool {name!r} was asked for nothing")
        try:
            rest = await asyncio.wait_for(self._streams[name].read(), _PATIENCE)
        except (TimeoutError, OSError) as broken:
            raise AssertionError(f"the answer of the engine of pool {name!r} breaks off: {type(broken).__name__}") from None
        expect(rest.endswith(b"0\r\n\r\n"), f"the answer of the engine of pool {name!r} breaks off after {rest[-200:]!r}")


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
