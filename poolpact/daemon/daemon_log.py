"""What a pool manager logs of its pools, in one scenario."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from poolpact.daemon.causes import names_cause, without
from poolpact.daemon.statuses import SOON
from poolpact.expectation import expect
from poolpact.world import World

_MOST = 4 * 1024 * 1024
"""Characters of the end of a log in which the lines of a scenario are looked for."""


class DaemonLog:
    """The changes in the log of a scenario's pool manager."""

    def __init__(self, world: World) -> None:
        self._world = world

    def caller(self, name: str) -> str:
        """The correlation id of the caller whom the scenario calls ``name``: nobody else's."""
        return f"{name}-{self._world.pool('callers').nonce}"

    def changes(self, pool: str) -> list[dict[str, Any]]:
        """What the log says of how the state of a pool changed."""
        pool_id = self._world.pool(pool).id
        return [line for line in self._lines(pool_id) if line.get("pool_id") == pool_id and {"from", "to"} <= line.keys()]

    def _lines(self, text: str) -> Iterator[dict[str, Any]]:
        for line in self._world.manager.log.tail(_MOST).splitlines():
            if text in line:
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                if isinstance(value, dict):
                    yield value

    async def tells_once(self, pool: str, come_from: str, become: str, caller: str | None = None, cause: str = "") -> None:
        """The log has just one line of this change, with a cause, and with the id of ``caller`` where there is one."""

        def is_wanted(line: dict[str, Any]) -> bool:
            return bool((line["from"], line["to"]) == (come_from, become))

        line = await self._only(pool, is_wanted, f"from {come_from} to {become}")
        if caller is not None:
            told = line.get("correlation_id")
            expect(told == self.caller(caller), f"the log says of {told!r} that it asked for {line}")
        self._has_cause(pool, line, cause)

    async def tells_end(self, pool: str, come_from: str, cause: str) -> None:
        """The log has just one line of how the pool came to be ``come_from`` no more, and that names ``cause``."""
        line = await self._only(
            pool, lambda line: bool(line["from"] == come_from and line["to"] != come_from), f"from {come_from}"
        )
        self._has_cause(pool, line, cause)

    async def _only(self, pool: str, is_wanted: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        async def check() -> bool:
            return any(is_wanted(line) for line in self.changes(pool))

        told = [f"from {line['from']} to {line['to']}" for line in self.changes(pool)]
        await self._world.time.until(check, within=SOON, what=f"the log tells of pool {pool!r} {what}; it tells {told}")
        found = [line for line in self.changes(pool) if is_wanted(line)]
        expect(len(found) == 1, f"the log tells {len(found)} times: {found}")
        return found[0]

    def _has_cause(self, pool: str, line: dict[str, Any], cause: str) -> None:
        told = line.get("cause")
        expect(isinstance(told, str) and told != "", f"no cause: {line}")
        known = self._world.pool(pool)
        words = without(str(told), (known.id, known.nonce, str(known.program), str(known.directory), f"{known.port}"))
        expect(names_cause(words, cause), f"the cause does not name {cause}: {line}")
