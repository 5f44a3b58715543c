import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.ports import Probe
from poolpact.engine.records import EngineRecords
from poolpact.ports import free_port
from poolpact.virtual.clock import VirtualClock
from poolpact.virtual.loop import IdleTellingLoop
from poolpact.virtual.spawner import SimulatedEngine, SimulatedSpawner


class Lab:
    """A spawner on a virtual clock, and the engines it starts."""

    def __init__(self, folder: Path, clock: VirtualClock) -> None:
        self.folder = folder
        self.clock = clock
        self.records = EngineRecords(folder)
        self.spawner = SimulatedSpawner({"PATH": "/bin", "POOL_MANAGERD_TOKEN": "secret"}, clock, self.records)

    async def spawn(self, *flags: str, nonce: str = "n1", health_path: str = "/health") -> SimulatedEngine:
        port = free_port()
        prepared = PreparedEngine(
            binary_path="/engines/poolpact-engine",
            flags=("--port", str(port), "--sim-dir", str(self.folder), "--sim-nonce", nonce, *flags),
            host="127.0.0.1",
            port=port,
            model_path="/models/m",
            engine_version="1",
            pool_id="gpu-0",
            replica_id="r",
            device_mask="0,1",
            health_path=health_path,
        )
        return await self.spawner.spawn(prepared, nonce=f"daemon-{nonce}", log_path=self.folder / "gpu-0.log")


def run(folder: Path, scenario: Callable[[Lab], Awaitable[None]]) -> None:
    loop = IdleTellingLoop()

    async def main() -> None:
        lab = Lab(folder, VirtualClock(loop))
        try:
            await scenario(lab)
        finally:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def test_an_engine_is_healthy_after_its_load_and_not_before(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn("--sim-load", "30")
        await lab.clock.advance(29.9)
        assert await engine.probe() is Probe.LOADING
        await lab.clock.advance(0.2)
        assert await engine.probe() is Probe.HEALTHY
        [healthy] = lab.records.events("n1", "healthy")
        assert healthy["at"] == pytest.approx(30.0)
        await engine.end(0.0)

    run(tmp_path, scenario)


def test_it_turns_healthy_right_after_it_was_asked(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn("--sim-wait")
        lab.records.tell("n1", "healthy-after-probe")
        await lab.clock.advance(5.0)
        assert lab.records.events("n1", "healthy") == []
        assert await engine.probe() is Probe.LOADING
        assert await engine.probe() is Probe.HEALTHY
        [healthy] = lab.records.events("n1", "healthy")
        assert healthy["at"] == pytest.approx(5.0)
        await engine.end(0.0)

    run(tmp_path, scenario)


def test_it_records_its_start_as_the_program_does(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn()
        [started] = lab.records.starts("n1")
        assert started["pid"] == engine.pid
        assert started["argv"][0] == "/engines/poolpact-engine"
        assert started["argv"][1] == "--port"
        assert started["env"]["CUDA_VISIBLE_DEVICES"] == "0,1"
        assert "secret" not in str(started["env"])
        await engine.end(0.0)

    run(tmp_path, scenario)


def test_it_does_what_it_is_told(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn("--sim-wait")
        assert await engine.probe() is Probe.LOADING
        lab.records.tell("n1", "healthy")
        assert await engine.probe() is Probe.HEALTHY
        lab.records.tell("n1", "unhealthy")
        assert await engine.probe() is Probe.LOADING
        lab.records.tell("n1", "signal SIGSEGV")
        assert await engine.exited() == ExitStatus(-signal.SIGSEGV)

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("flags", "status", "tail"),
    [
        (("--sim-wait", "--sim-exit-after", "2", "--sim-exit-code", "42"), 42, ""),
        (("--sim-exit-after", "2", "--sim-exit-signal", "SIGKILL"), -signal.SIGKILL, ""),
        (("--sim-cuda-error",), 1, "out of memory"),
        (("--sim-print", "no such model", "--sim-exit-after", "0"), 1, "no such model"),
        (("--sim-load", "soon"), 1, "--sim-load"),
        (("--sim-life", "5"), 1, ""),
    ],
)
def test_it_ends_as_its_flags_say(tmp_path: Path, flags: tuple[str, ...], status: int, tail: str) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn(*flags)
        assert await lab.clock.complete(engine.exited()) == ExitStatus(status)
        assert tail in engine.output_tail()
        assert not lab.spawner.is_alive(engine.pid)

    run(tmp_path, scenario)


def test_sigterm_ends_it_at_once_unless_it_ignores_that(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        obedient = await lab.spawn()
        await lab.clock.complete(obedient.end(5.0))
        assert lab.clock.monotonic() == 0.0
        assert await obedient.exited() == ExitStatus(0)
        stubborn = await lab.spawn("--sim-ignore-term", nonce="n2")
        await lab.clock.complete(stubborn.end(5.0))
        assert lab.clock.monotonic() == pytest.approx(5.0)
        assert await stubborn.exited() == ExitStatus(-signal.SIGKILL)

    run(tmp_path, scenario)


def test_its_children_live_until_it_is_ended(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn("--sim-spawn-child")
        lab.records.tell("n1", "exit 3")
        await engine.exited()
        left = [pid for pid in lab.records.pids("n1") if lab.spawner.is_alive(pid)]
        assert len(left) == 1
        await engine.end(0.0)
        assert not lab.spawner.is_alive(left[0])

    run(tmp_path, scenario)


def test_health_is_where_llama_server_has_it(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn(health_path="/nowhere")
        assert await engine.probe() is Probe.LOADING
        await engine.end(0.0)

    run(tmp_path, scenario)


@pytest.mark.parametrize(("flags", "slots"), [((), 1), (("-np", "3"), 3), (("--sim-no-props",), None)])
def test_it_tells_its_slots_if_it_does(tmp_path: Path, flags: tuple[str, ...], slots: int | None) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn(*flags)
        assert await engine.slots() == slots
        await engine.end(0.0)

    run(tmp_path, scenario)


@pytest.mark.parametrize(("flags", "works"), [((), False), (("--sim-no-slots",), None), (("--sim-wait",), None)])
def test_it_tells_whether_it_works_if_it_does(tmp_path: Path, flags: tuple[str, ...], works: bool | None) -> None:
    async def scenario(lab: Lab) -> None:
        engine = await lab.spawn(*flags)
        assert await engine.busy() is works
        await engine.end(0.0)

    run(tmp_path, scenario)


def test_a_restart_of_what_crashed_ends_at_once_and_is_no_start(tmp_path: Path) -> None:
    async def scenario(lab: Lab) -> None:
        first = await lab.spawn("--sim-exit-after", "0")
        await first.exited()
        again = await lab.spawn("--sim-exit-after", "0")
        assert await again.exited() == ExitStatus(0)
        assert len(lab.records.starts("n1")) == 1
        assert len(lab.records.restarts("n1")) == 1

    run(tmp_path, scenario)
