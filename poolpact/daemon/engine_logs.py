"""What engines printed, as a pool manager shows it, in one scenario."""

from collections.abc import Sequence

from poolpact.daemon.answers import refused, shown
from poolpact.daemon.calls import pool_path
from poolpact.daemon.statuses import SOON, calls_of
from poolpact.exchange import ExchangeFailed
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World


class EngineLogs:
    """The logs of a scenario's pools, as they were read last."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._answer: Answer | None = None
        self._asked = ""

    @property
    def answer(self) -> Answer:
        """The last answer."""
        if self._answer is None:
            raise AssertionError("no log was read yet")
        return self._answer

    async def read(self, pool: str, query: str = "") -> None:
        """Read the log of pool ``pool``; ``query`` is how many lines are wanted."""
        await self._read(f"{pool_path(self._world.pool(pool).id)}/logs{query}")

    async def read_raw(self, raw_id: str) -> None:
        """Read the log of the pool with an id as it goes on the wire; to hang up is no success either."""
        await self._read(f"/pools/{raw_id}/logs")

    async def _read(self, target: str) -> None:
        self._asked = target
        try:
            self._answer = await self._calls.raw("GET", target)
        except ExchangeFailed as failure:
            self._answer = Answer(0, {}, str(failure).encode(), 0.0, f"GET {target}")

    def _lines(self) -> list[str]:
        answer = self.answer
        media_type = answer.headers.get("content-type", "")
        expect(answer.status == 200, f"{shown(answer)}: expected a log")
        expect(media_type.startswith("text/plain"), f"{shown(answer)}: the content type is {media_type!r}")
        return answer.body.decode("utf-8", errors="replace").splitlines()

    async def printed(self, lines: Sequence[str]) -> None:
        """The log that was read holds just these lines; a pool manager may take a moment until it has them."""

        async def check() -> bool:
            if self._lines() == list(lines):
                return True
            await self._read(self._asked)
            return False

        expect(bool(lines), "no line is named")
        await self._world.time.until(check, within=SOON, what=f"the log is {list(lines)}; it was {self._lines()[:20]}")

    async def printed_or_forgotten(self, lines: Sequence[str]) -> None:
        """The same; a pool manager may have forgotten a pool that failed."""
        if self.answer.status == 404:
            refused(self.answer, (404,))
        else:
            await self.printed(lines)

    def no_such_pool(self) -> None:
        """There is no such pool."""
        refused(self.answer, (404,))

    def no_success(self) -> None:
        """The log was refused, and nothing of it told."""
        expect(self.answer.status not in range(200, 400), f"{shown(self.answer)}: expected that it is refused")
