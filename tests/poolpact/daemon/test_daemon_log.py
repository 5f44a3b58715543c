"""What a daemon's log does not say, or says wrongly, is found out."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from poolpact.account import Transcript, begin_recording
from poolpact.daemon.daemon_log import DaemonLog
from tests.poolpact.daemon.room import empty_world

Ask = Callable[[DaemonLog], Awaitable[None]]
NOISE = 'not JSON p-id\n["p-id"]\n{"pool_id": "p-id", "event": "other"}\n'


def asked(folder: Path, ask: Ask, *lines: dict[str, Any]) -> None:
    async def scenario() -> None:
        # What does not come is waited for only briefly.
        begin_recording(Transcript(0.0, 0.0))
        world, log = empty_world(folder)
        await world.use_manager()
        daemon_log = DaemonLog(world)
        pool_id = world.pool("p").id
        log.write(NOISE.replace("p-id", pool_id))
        usual = {
            "pool_id": pool_id,
            "from": "ready",
            "to": "stopping",
            "cause": "exit code 3",
            "correlation_id": daemon_log.caller("al"),
        }
        for line in lines:
            log.write(f"{json.dumps(usual | line)}\n")
        await ask(daemon_log)

    asyncio.run(scenario())


def is_told(log: DaemonLog) -> Awaitable[None]:
    return log.tells_once("p", "ready", "stopping", "al", "code 3")


def has_ended(log: DaemonLog) -> Awaitable[None]:
    return log.tells_end("p", "ready", "code 3")


def test_a_line_that_is_right_passes(tmp_path: Path) -> None:
    asked(tmp_path, is_told, {"more": 1}, {"from": "loading", "to": "ready"}, {"pool_id": "another"})
    asked(tmp_path, has_ended, {"correlation_id": None}, {"from": "stopping", "to": "absent"})


@pytest.mark.parametrize("ask", [is_told, has_ended])
@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{}, {}],
        [{"pool_id": "another"}],
        [{"from": "loading"}],
        [{"to": "ready"}],
        [{"cause": ""}],
        [{"cause": "a crash"}],
        [{"cause": 3}],
    ],
)
def test_a_line_that_is_missing_twice_there_or_wrong_does_not(tmp_path: Path, ask: Ask, lines: list[dict[str, Any]]) -> None:
    with pytest.raises(AssertionError):
        asked(tmp_path, ask, *lines)


@pytest.mark.parametrize("caller", [None, "", "somebody", ["al"]])
def test_a_line_of_somebody_else_does_not(tmp_path: Path, caller: object) -> None:
    with pytest.raises(AssertionError, match="asked for"):
        asked(tmp_path, is_told, {"correlation_id": caller})
