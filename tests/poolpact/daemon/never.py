"""A stream of events that is not read."""

from poolpact.event_stream import SseEvent


class Never:
    async def next(self, within: float) -> SseEvent | None:
        raise AssertionError("nobody was to read")

    async def close(self) -> None:
        return
