"""The ways in which a pool manager, or the network before it, misbehaves."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from poolpact.faults.wire import Connection, Reply, Request

Forward = Callable[[], Awaitable[Reply]]
DRIP_INTERVAL = 0.05
"""Seconds between two bytes: far shorter than any time-out of a read, far longer in total than any deadline."""
_ENDLESS_CHUNK = b" " * 65536


class Fault(Protocol):
    """What happens to a request instead of being passed on."""

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """Deal with ``request``; ``forward`` asks the real pool manager."""
        ...


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nobody listens. The listener does this; a request that slipped in is reset."""

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        connection.reset()


@dataclass(frozen=True, slots=True)
class Reset:
    """Every connection is reset as soon as it is made."""

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        connection.reset()


@dataclass(frozen=True, slots=True)
class Stall:
    """The request is read, and no answer ever comes. ``performed``: the pool manager did what it was asked."""

    performed: bool = False

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        if self.performed:
            await forward()
        await connection.hung_up()


@dataclass(frozen=True, slots=True)
class HangUp:
    """The request is read, and the connection closed without an answer. ``performed`` as in :class:`Stall`."""

    performed: bool = False

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        if self.performed:
            await forward()
        connection.close()


@dataclass(frozen=True, slots=True)
class Drip:
    """The right answer, a byte at a time."""

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        for byte in (await forward()).on_wire():
            await connection.raw(bytes([byte]))
            await asyncio.sleep(DRIP_INTERVAL)


@dataclass(frozen=True, slots=True)
class Truncate:
    """The right answer breaks off in the middle of its body; where it has none, in the middle of its headers."""

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        whole = (await forward()).on_wire()
        body_at = whole.index(b"\r\n\r\n") + 4
        half = (body_at + len(whole)) // 2 if body_at < len(whole) else len(whole) // 2
        await connection.raw(whole[:half])
        connection.close()


@dataclass(frozen=True, slots=True)
class Late:
    """The right answer, or ``fault``, after ``seconds``. What the right answer tells is done at once."""

    seconds: float
    fault: Fault | None = None

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        if self.fault is not None:
            await asyncio.sleep(self.seconds)
            await self.fault.misbehave(request, connection, forward)
        else:
            reply = await forward()
            await asyncio.sleep(self.seconds)
            await connection.reply(reply)


@dataclass(frozen=True, slots=True)
class Withhold:
    """The right answer but for its last byte, which never comes."""

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        await connection.raw((await forward()).on_wire()[:-1])
        await connection.hung_up()


@dataclass(frozen=True, slots=True)
class Endless:
    """An answer whose body never ends."""

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        await connection.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            await connection.raw(b"%x\r\n%s\r\n" % (len(_ENDLESS_CHUNK), _ENDLESS_CHUNK))


@dataclass(frozen=True, slots=True)
class Rubbish:
    """An answer that is not HTTP."""

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        await connection.raw(b"\x15\x03\x01\x00\x02\x02\x50 220 mail ready\r\n")
        connection.close()


@dataclass(frozen=True, slots=True)
class Say:
    """A fixed answer instead of the right one."""

    reply: Reply

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        await connection.reply(self.reply)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The right answer with its JSON object changed: the only way in which a scripted pool manager ever says something malformed.

    One that holds no object is left as it is.
    """

    change: Callable[[dict[str, Any]], Any] = field(repr=False)

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        reply = await forward()
        with contextlib.suppress(ValueError):
            said = json.loads(reply.body)
            if isinstance(said, dict):
                reply = Reply(reply.status, reply.headers, json.dumps(self.change(said)).encode())
        await connection.reply(reply)


@dataclass(slots=True)
class FirstDo:
    """Somebody else acts, once, just before the first request gets through."""

    action: Callable[[], Awaitable[None]] = field(repr=False)
    _is_done: bool = False

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        if not self._is_done:
            self._is_done = True
            await self.action()
        await connection.reply(await forward())


@dataclass(frozen=True, slots=True)
class Redirect:
    """Sent to the same path on another host."""

    to: str
    status: int = 307

    async def misbehave(self, request: Request, connection: Connection, forward: Forward) -> None:
        """See :class:`Fault`."""
        await connection.reply(Reply(self.status, {"location": self.to.rstrip("/") + request.target}))


def without(member: str) -> Rewrite:
    """``member`` is missing."""
    return Rewrite(lambda status: {name: value for name, value in status.items() if name != member})


def having(member: str, value: Any) -> Rewrite:
    """``member`` has another value."""
    return Rewrite(lambda status: {**status, member: value})
