"""Reading server-sent events off a socket, one by one as they arrive."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from urllib.parse import urlsplit

import h11

from poolpact.account import LONGEST_BODY, Exchange, record, time_left, wait_left, waited_in_vain
from poolpact.event_stream import SseEvent, SseParser
from poolpact.exchange import MOST_BYTES, PATIENCE_OF_A_READER, ExchangeFailed

_CHUNK = 65536
_ASKED = {"accept": "text/event-stream"}


class SseReader:
    """The events of one answer, with its ``status`` and ``headers``; ``body`` is there when it is no stream.

    What is not asked for is not read: the sender has to wait, or to do without.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parser: SseParser) -> None:
        self._reader = reader
        self._writer = writer
        self._parser = parser
        self._http = h11.Connection(h11.CLIENT)
        self._events: deque[SseEvent] = deque()
        self._complete = False
        self._heard = bytearray()
        self._read_bytes = 0
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    @classmethod
    async def open(
        cls, base_url: str, target: str, headers: Mapping[str, str] | None = None, *, with_comments: bool = False
    ) -> "SseReader":
        """Ask for ``target`` and read the head of the answer; raises ExchangeFailed."""
        asked = _ASKED | {name.lower(): value for name, value in (headers or {}).items()}
        parser = SseParser(with_comments=with_comments)
        began = time.monotonic()
        try:
            stream = await cls._open(base_url, target, asked, parser)
        except ExchangeFailed as error:
            record(Exchange(began, "judge", base_url, "GET", target, asked, b"", time.monotonic() - began, error=str(error)))
            raise
        told = (stream.status, stream.headers, stream.body or stream._heard)
        record(Exchange(began, "judge", base_url, "GET", target, asked, b"", time.monotonic() - began, *told))
        return stream

    @classmethod
    async def _open(cls, base_url: str, target: str, asked: Mapping[str, str], parser: SseParser) -> "SseReader":
        parts = urlsplit(base_url)
        patience = time_left(PATIENCE_OF_A_READER)
        try:
            async with asyncio.timeout(patience):
                stream = cls(*await asyncio.open_connection(parts.hostname, parts.port), parser)
        except OSError as error:
            _note(error, patience)
            raise ExchangeFailed(f"{base_url}: no connection: {error or 'time-out'}") from None
        try:
            async with asyncio.timeout(patience):
                await stream._begin(target, {"host": parts.netloc, **asked, "connection": "close"})
        except (OSError, h11.ProtocolError) as error:
            _note(error, patience)
            await stream.close()
            raise ExchangeFailed(f"{target}: {type(error).__name__}: {error}") from None
        return stream

    @property
    def is_stream(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.status == 200 and self.headers.get("content-type", "").startswith("text/event-stream")

    async def _begin(self, target: str, headers: Mapping[str, str]) -> None:
        sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        self._writer.write(self._http.send(h11.Request(method="GET", target=target, headers=sent)) or b"")
        self._writer.write(self._http.send(h11.EndOfMessage()) or b"")
        while not self.status:
            await self._receive()
        if not self.is_stream:
            while not self._complete:
                await self._receive()

    async def _receive(self) -> None:
        event = self._http.next_event()
        if event is h11.NEED_DATA:
            data = await self._reader.read(_CHUNK)
            self._read_bytes += len(data)
            if self._read_bytes > MOST_BYTES:
                raise ConnectionResetError(f"an answer of more than {MOST_BYTES} bytes")
            self._http.receive_data(data)
            await asyncio.sleep(0)
        elif isinstance(event, h11.Response):
            self.status = event.status_code
            self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            self._feed(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self._complete = True
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError("the peer hung up")

    def _feed(self, data: bytes) -> None:
        if not self.is_stream:
            self.body += data
            return
        self._heard += data[: LONGEST_BODY - len(self._heard)]
        self._events.extend(self._parser.feed(data))

    async def next(self, within: float) -> SseEvent | None:
        """The next event; None at the end of the stream. An AssertionError when neither comes within ``within`` seconds."""
        seconds = wait_left(within)
        try:
            async with asyncio.timeout(seconds):
                while not self._events and not self._complete:
                    await self._receive()
        except TimeoutError:
            waited_in_vain(seconds, within)
            raise AssertionError(f"the stream said nothing for {seconds:.3g} s") from None
        except (OSError, h11.ProtocolError) as error:
            raise AssertionError(f"the stream broke: {error}") from None
        except (ValueError, RecursionError) as error:
            raise AssertionError(f"the stream holds no event of JSON in UTF-8: {error}") from None
        return self._events.popleft() if self._events else None

    async def close(self) -> None:
        """Hang up."""
        self._complete = True
        self._writer.close()


def _note(error: Exception, patience: float) -> None:
    if isinstance(error, TimeoutError):
        waited_in_vain(patience, PATIENCE_OF_A_READER)
