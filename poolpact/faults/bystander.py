"""Somebody on another host to whom a redirect leads."""

from urllib.parse import unquote

from poolpact.faults.journal import Journal
from poolpact.faults.wire import Connection, Listener, Reply, Request


class Bystander:
    """Wants a token, and to whoever shows one it says of every pool that it is ready. It remembers what it was asked.

    ``journal`` is told as well.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._listener = Listener(self._serve)
        self.requests: list[Request] = []

    @property
    def url(self) -> str:
        """Where it is, by another name than the pool manager's."""
        return f"http://localhost:{self._listener.port}"

    async def start(self) -> None:
        """Begin to listen."""
        await self._listener.start()

    async def close(self) -> None:
        """Go away."""
        await self._listener.close()

    async def _serve(self, connection: Connection) -> None:
        while (request := await connection.receive()) is not None:
            self.requests.append(request)
            note = self._journal.ask(self.url, request, elsewhere=True)
            await connection.reply(_answer(request))
            note.end(connection.answered)
            if not connection.keeps_alive:
                return


def _answer(request: Request) -> Reply:
    if request.header("authorization") is None:
        return Reply(401, {"www-authenticate": "Bearer"})
    *_, pool_id, _ = ["", "", *map(unquote, request.target.split("?", 1)[0].split("/"))]
    counts = {"active_leases": 0, "slots_total": 1, "slots_free": 1}
    return Reply.of_json(200, {"pool_id": pool_id, "live": True, "ready": True, **counts})
