"""Reading the events of a pool manager, whose every event is held against the contract."""

import time
from collections.abc import Mapping

from poolpact.asgi_stream import AsgiStream
from poolpact.contract import Witness
from poolpact.event_stream import SseEvent
from poolpact.sse import SseReader
from poolpact.targets.base import Answer, EventSource

EVENTS = "/events"
_REQUEST = f"GET {EVENTS}"

Stream = SseReader | AsgiStream


class WitnessedEvents:
    """A stream of events that ``witness`` sees, too. An :class:`~poolpact.targets.base.EventSource`."""

    def __init__(self, stream: Stream, witness: Witness) -> None:
        self._stream = stream
        self._witness = witness

    async def next(self, within: float) -> SseEvent | None:
        """See :class:`~poolpact.targets.base.EventSource`."""
        event = await self._stream.next(within)
        if event is not None:
            self._witness.overhear_event("GET", EVENTS, event)
        return event

    async def close(self) -> None:
        """See :class:`~poolpact.targets.base.EventSource`."""
        await self._stream.close()


async def watch_over_socket(url: str, headers: Mapping[str, str], witness: Witness | None) -> EventSource | Answer:
    """The events of whoever is reached at ``url``; raises ExchangeFailed."""
    began = time.monotonic()
    return await watched(await SseReader.open(url, EVENTS, headers, with_comments=True), witness, time.monotonic() - began)


async def watched(stream: Stream, witness: Witness | None, seconds: float) -> EventSource | Answer:
    """What was opened, which took ``seconds``; an answer where it is no stream."""
    if witness is not None:
        witness.overhear("GET", EVENTS, stream.status, stream.headers, stream.body)
    if not stream.is_stream:
        await stream.close()
        return Answer(stream.status, stream.headers, stream.body, seconds, _REQUEST)
    return stream if witness is None else WitnessedEvents(stream, witness)
