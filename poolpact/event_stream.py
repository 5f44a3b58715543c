"""Server-sent events: from the bytes of a stream to its events. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

COMMENT = ":"
"""The name under which a block of comments is told, where they are asked for."""


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One server-sent event: its name, its parsed data, and its id where it has one."""

    event: str
    data: Any
    id: str | None = None


class SseParser:
    """Takes the bytes of a stream as they come. ``with_comments`` is whether blocks that only hold comments are told as well."""

    def __init__(self, *, with_comments: bool = False) -> None:
        self._with_comments = with_comments
        self._text = b""

    def feed(self, data: bytes) -> Iterator[SseEvent]:
        """The events that are complete by now; raises ValueError or RecursionError for what holds no JSON in UTF-8."""
        *whole, self._text = (self._text + data).replace(b"\r\n", b"\n").split(b"\n\n")
        for block in whole:
            event = _parse(block.decode("utf-8"))
            if event.event != COMMENT or self._with_comments:
                yield event


def _parse(block: str) -> SseEvent:
    """One event; a comment where the block has no data."""
    name, data, identifier = "message", [], None
    for line in block.split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                name = value
            case "data":
                data.append(value)
            case "id":
                identifier = value
    return SseEvent(name, json.loads("\n".join(data)), identifier) if data else SseEvent(COMMENT, None)
