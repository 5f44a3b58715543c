"""One exchange over HTTP, within a deadline. The only module that imports httpx for the pool manager.

Redirects are not followed, so a token never leaves for another host (OR-REQ-2); proxies of the environment are not used; an
answer may have MOST_BYTES at most.
"""

import asyncio
import os
import ssl

import httpx

from orchestratord import __version__
from orchestratord.client.wire import Answer, Request
from orchestratord.errors import ConnectionLost, ProtocolViolation, TimedOut, Unreachable

MOST_BYTES = 1024 * 1024
_IDLE_CONNECTION_LIFE = 2.0
"""Seconds; shorter than what servers allow, so that a call is not sent into a connection that is being closed."""


class HttpTransport:
    """Connections to one base URL."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context() if base_url.startswith("https:") else False,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"orchestratord/{__version__}",
            },
            limits=httpx.Limits(max_keepalive_connections=4, keepalive_expiry=_IDLE_CONNECTION_LIFE),
            timeout=None,  # noqa: S113 - the deadline is over the whole exchange
            follow_redirects=False,
            trust_env=False,
        )

    async def exchange(self, request: Request, seconds: float) -> Answer:
        """Connect, send, and read the whole answer within ``seconds``, a byte at a time or not (OR-DEG-2).

        Raises Unreachable, TimedOut, ConnectionLost, or ProtocolViolation for an answer too long or compressed.
        """
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                return await self._exchange(request)
        except TimeoutError:
            raise TimedOut(f"{self.base_url} did not answer in time") from None
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
            raise Unreachable(f"{self.base_url} cannot be reached: {_reason(error)}") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise ConnectionLost(f"the connection to {self.base_url} was lost: {_reason(error)}") from None

    async def _exchange(self, request: Request) -> Answer:
        async with self._client.stream(
            request.method, self.base_url + request.target, headers=request.headers, content=request.body
        ) as response:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise ProtocolViolation("the answer is compressed, which was not asked for")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ProtocolViolation(f"the answer is longer than {MOST_BYTES} bytes")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, bytes(body))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _reason(error: Exception) -> str:
    """The innermost cause that says something: of a refused connection httpx only says that all attempts failed."""
    reason = str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            reason = os.strerror(cause.errno) if cause.errno > 0 else str(cause.strerror)
        elif isinstance(cause, BaseExceptionGroup) and cause.exceptions:
            cause = cause.exceptions[0]
            continue
        cause = cause.__cause__ or cause.__context__
    return reason or type(error).__name__
