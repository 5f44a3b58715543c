import asyncio
import json
from pathlib import Path

import pytest

from poolpact.daemon import unready
from poolpact.daemon.unready import Unready
from poolpact.engine.record import Recorder
from poolpact.targets.base import Answer
from poolpact.world import World
from tests.poolpact.daemon.scripted import ScriptedManager, world_of


def heard(world: World, *events: str) -> None:
    """What the engine of pool ``p`` wrote down."""
    recorder = Recorder(world.records.directory, world.pool("p").nonce)
    for event in events:
        recorder.write(event)


def test_an_engine_has_come_up_when_it_listens(tmp_path: Path) -> None:
    """That it was started, however long ago, does not mean that there is anybody whom the daemon could take for healthy."""
    world = world_of(ScriptedManager(Answer(200, {}, b"{}", 0.0)), tmp_path)

    async def scenario() -> None:
        waiting = asyncio.create_task(world.of(Unready).until_up("p"))
        heard(world, "started")
        await asyncio.sleep(0.1)
        assert not waiting.done()
        heard(world, "listening")
        await waiting

    asyncio.run(scenario())


def test_one_that_never_listens_has_come_up_when_it_was_started(tmp_path: Path) -> None:
    world = world_of(ScriptedManager(Answer(200, {}, b"{}", 0.0)), tmp_path)
    world.prepared("p", "--sim-mute")
    heard(world, "started")
    asyncio.run(world.of(Unready).until_up("p"))


def test_one_that_does_not_come_up_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unready, "SOON", 0.05)
    world = world_of(ScriptedManager(Answer(200, {}, b"{}", 0.0)), tmp_path)
    with pytest.raises(AssertionError, match="has come up"):
        asyncio.run(world.of(Unready).until_up("p"))


@pytest.mark.parametrize(("ready", "message"), [(False, None), (True, "is live and not ready")])
def test_it_stays_loading(ready: bool, message: str | None, tmp_path: Path) -> None:
    body = json.dumps({"live": True, "ready": ready}).encode()

    async def scenario() -> None:
        world = world_of(ScriptedManager(Answer(200, {}, body, 0.0)), tmp_path)
        await world.use_manager()
        await world.of(Unready).stays_loading("p", 0.05)

    if message is None:
        asyncio.run(scenario())
        return
    with pytest.raises(AssertionError, match=message):
        asyncio.run(scenario())
