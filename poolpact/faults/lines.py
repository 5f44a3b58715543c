"""The lines of a run: one fault proxy before each pool manager, shared by all scenarios."""

from poolpact.faults.journal import Journal
from poolpact.faults.proxy import FaultProxy, Upstream, over_http


class Lines:
    """Fault proxies by the URL of the pool manager they stand before.

    The first one listens on ``port`` of ``host``; 0 takes a free one. All of them keep one ``journal``.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._port = port
        self._host = host
        self.journal = Journal()
        self._lines: dict[str, FaultProxy] = {}

    async def to(self, url: str, upstream: Upstream | None = None) -> FaultProxy:
        """The line to the pool manager at ``url``, made on first use; raises OSError when its port is taken.

        A pool manager in this process may be given as ``upstream``: that saves a connection for each request.
        """
        line = self._lines.get(url)
        if line is None:
            line = FaultProxy(upstream or over_http(url), self.journal)
            if self._lines:
                await line.start()
            else:
                await line.start(self._port, self._host)
            self._lines[url] = line
        return line

    async def aclose(self) -> None:
        """Close them all."""
        for line in self._lines.values():
            await line.close()
        self._lines.clear()
