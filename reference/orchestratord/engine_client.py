"""llama-server's streaming ``POST /completion``: text in pieces, until the engine says stop."""

import json
import ssl
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import httpx

from orchestratord import __version__
from orchestratord.errors import EngineFailed

CONNECT_TIME = 5.0
SILENCE = 300.0
"""Seconds without a byte after which an engine is given up: a long prompt takes minutes before the first token."""
LONGEST_LINE = 1024 * 1024


class EngineClient:
    """Asks engines for completions. No redirects, no proxies of the environment, and no token: an engine never gets one."""

    def __init__(self, silence: float = SILENCE) -> None:
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(),
            headers={"Accept": "text/event-stream", "Accept-Encoding": "identity", "User-Agent": f"orchestratord/{__version__}"},
            timeout=httpx.Timeout(silence, connect=CONNECT_TIME),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    async def complete(self, url: str, prompt: str, max_tokens: int) -> AsyncGenerator[str, None]:
        """The pieces of text that the engine at ``url`` answers; raises EngineFailed when it refuses or ends early.

        Close the generator to cancel: the engine sees the connection end.
        """
        request = {"prompt": prompt, "n_predict": max_tokens, "stream": True}
        try:
            async with self._client.stream("POST", f"{url.rstrip('/')}/completion", json=request) as response:
                if response.status_code != 200:
                    raise EngineFailed(f"the engine refused the task: HTTP {response.status_code}")
                events = EventReader()
                async for chunk in response.aiter_raw():
                    for event in events.feed(chunk):
                        text, is_last = _read(event)
                        if text:
                            yield text
                        if is_last:
                            return
        except httpx.TimeoutException:
            raise EngineFailed("the engine fell silent") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise EngineFailed(f"the connection to the engine was lost: {error or type(error).__name__}") from None
        raise EngineFailed("the engine's answer ended before its last token")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class EventReader:
    """Cuts a stream of server-sent events, in whatever pieces it comes, into the JSON of their data lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """The events that ``chunk`` completes; raises EngineFailed for what is none."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise EngineFailed(f"the engine sent a line of more than {LONGEST_LINE} bytes")
        for line in lines:
            name, _, value = line.strip().partition(b":")
            if name in (b"data", b"error"):
                event = _parse(value)
                yield event if name == b"data" else {"error": event}


def _parse(value: bytes) -> dict[str, Any]:
    try:
        event = json.loads(value)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise EngineFailed("the engine sent an event that is not a JSON object")
    return event


def _read(event: dict[str, Any]) -> tuple[str, bool]:
    if "error" in event:
        error = event["error"]
        message = error.get("message") if isinstance(error, dict) else error
        raise EngineFailed(f"the engine reported an error: {str(message)[:512]}")
    content = event.get("content", "")
    if not isinstance(content, str):
        raise EngineFailed("the engine sent content that is not text")
    return content, event.get("stop") is True
