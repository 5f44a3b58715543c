"""Engines that are simulated in this process; for a spawner of them, in virtual time."""

import asyncio
import itertools
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pool_managerd.clock import Clock, within
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.environment import engine_environment
from pool_managerd.engines.ports import Probe
from pool_managerd.engines.programs import admit_program
from poolpact.engine.behaviour import BadFlag, Behaviour, Cause, Ending, Order, State, parse_order
from poolpact.engine.process import is_spent
from poolpact.engine.record import Recorder
from poolpact.engine.records import EngineRecords
from poolpact.engine.server import SimulatedEngineServer
from poolpact.virtual.clock import VirtualClock

_OUTPUT_TAIL = 2048
_pids = itertools.count(10_000_001)
"""Beyond every pid that Linux gives."""


class SimulatedSpawner:
    """A :class:`pool_managerd.engines.ports.Spawner` whose engines do what their flags say, and write the simulator's records."""

    def __init__(self, environ: Mapping[str, str], clock: VirtualClock, records: EngineRecords) -> None:
        self._environ = environ
        self._clock = clock
        self._records = records
        self._engines: list[SimulatedEngine] = []

    def admit(self, prepared: PreparedEngine, engine_dirs: Sequence[Path]) -> None:
        """What a spawner of processes would say."""
        admit_program(Path(prepared.binary_path), engine_dirs)

    async def spawn(self, prepared: PreparedEngine, *, nonce: str, log_path: Path) -> "SimulatedEngine":
        """See :class:`pool_managerd.engines.ports.Spawner`."""
        environment = engine_environment(self._environ, prepared.device_mask, nonce)
        engine = SimulatedEngine(prepared, environment, self._clock, self._records, log_path)
        self._engines.append(engine)
        engine.start()
        return engine

    async def reap(self, nonce: str, grace: float) -> int:
        """Nothing: simulated engines end with the process that simulates them."""
        return 0

    def is_alive(self, pid: int) -> bool:
        """Whether ``pid`` is an engine, or a child of one, that runs."""
        return any(pid in engine.pids for engine in self._engines)


class SimulatedEngine:
    """A :class:`pool_managerd.engines.ports.Engine` without a process; only its tokens are served over a real socket."""

    def __init__(
        self,
        prepared: PreparedEngine,
        environment: Mapping[str, str],
        clock: Clock,
        records: EngineRecords,
        log_path: Path,
    ) -> None:
        self.pid = next(_pids)
        self.pids: set[int] = set()
        self._prepared = prepared
        self._environment = dict(environment)
        self._clock = clock
        self._records = records
        self._log_path = log_path
        self._started = clock.monotonic()
        self._exited: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()
        self._state: State | None = None
        self._output: list[str] = []
        self._orders: list[Order] = []
        self._is_healthy_after_probe = False
        self._behaviour = Behaviour()
        self._recorder = Recorder(None, None)
        self._server: SimulatedEngineServer | None = None
        self._stop_hearing: Callable[[], None] = _nothing
        self._timeline: asyncio.Task[None] | None = None

    @property
    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._started

    def start(self) -> None:
        """What the program does first: read its flags, tell that it started, print."""
        self.pids.add(self.pid)
        flags = list(self._prepared.flags)
        try:
            self._behaviour = Behaviour.parse(flags)
        except BadFlag as refused:
            self._print(f"error: {refused}")
            self._end(Ending(0.0, Cause.PLANNED, code=1), told=False)
            return
        behaviour = self._behaviour
        self._recorder = Recorder(behaviour.directory, behaviour.nonce)
        argv = [self._prepared.binary_path, *flags]
        if is_spent(behaviour, self._recorder.earlier()):
            self._record("restarted", argv=argv)
            self._end(Ending(0.0, Cause.PLANNED, code=0), told=False)
            return
        self._record("started", ppid=os.getpid(), argv=argv, env=self._environment)
        for line in behaviour.output:
            self._print(line)
        for _ in range(behaviour.spawn_child + behaviour.listen_child):
            child = next(_pids)
            self.pids.add(child)
            self._record("child", child_pid=child, listens=behaviour.listen_child)
        if behaviour.nonce is not None:
            self._stop_hearing = self._records.listen(behaviour.nonce, self._hear)
        self._follow()
        self._timeline = asyncio.create_task(self._play(), name=f"simulated engine {self.pid}")

    async def _play(self) -> None:
        for moment in self._behaviour.changes():
            await self._clock.sleep(moment - self._elapsed)
            self._follow()

    def _hear(self, order: str) -> None:
        self._orders.append(parse_order(order, self._elapsed))
        if self._server is not None and order in ("hold", "release"):
            getattr(self._server, order)()
        if order == "healthy-after-probe":
            self._is_healthy_after_probe = True
        if order == "end":
            self.pids.clear()
        self._follow()

    def _follow(self) -> None:
        """Do what is due by now."""
        if self._exited.done():
            return
        ending = self._behaviour.ending(self._orders)
        if ending is not None and ending.after <= self._elapsed:
            self._end(ending)
            return
        state = self._behaviour.state_at(self._elapsed, self._orders)
        if state is self._state or state is State.MUTE:
            return
        if self._server is None:
            try:
                self._server = SimulatedEngineServer(self._behaviour, self._recorder)
                self._record("listening", port=self._server.start())
            except OSError as refused:
                self._print(f"couldn't bind HTTP server socket: {refused}")
                self._end(Ending(self._elapsed, Cause.BIND, code=1))
                return
        if state is State.HEALTHY:
            self._server.healthy()
            self._record("healthy")
        elif self._state is State.HEALTHY:
            self._server.unhealthy()
            self._record("unhealthy")
        self._state = state

    def _end(self, ending: Ending, *, told: bool = True) -> None:
        if told:
            how = {"code": ending.code} if ending.signal is None else {"signal": signal.Signals(ending.signal).name}
            self._record("exiting", cause=ending.cause.value, **how)
        self.pids.discard(self.pid)
        self._stop_hearing()
        self._stop_hearing = _nothing
        if self._timeline is not None:
            self._timeline.cancel()
        if self._server is not None:
            self._server.stop()
        self._exited.set_result(ExitStatus(ending.returncode))

    def _record(self, event: str, **members: object) -> None:
        self._recorder.write(event, at=self._clock.monotonic(), pid=self.pid, **members)

    def _print(self, line: str) -> None:
        self._output.append(line)
        with self._log_path.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")

    # --- the port ---

    async def exited(self) -> ExitStatus:
        """See :class:`pool_managerd.engines.ports.Engine`."""
        return await asyncio.shield(self._exited)

    async def probe(self) -> Probe:
        """Healthy when its behaviour is, at ``/health``."""
        healthy = not self._exited.done() and self._behaviour.state_at(self._elapsed, self._orders) is State.HEALTHY
        if self._is_healthy_after_probe and not healthy:
            self._is_healthy_after_probe = False
            self._hear("healthy")
        return Probe.HEALTHY if healthy and self._prepared.health_path == "/health" else Probe.LOADING

    async def slots(self) -> int | None:
        """The slots of its behaviour, unless it does not tell."""
        return self._behaviour.slots if self._behaviour.props else None

    async def busy(self) -> bool | None:
        """Whether a slot of its server works, unless its behaviour does not tell."""
        if self._state is not State.HEALTHY or not self._behaviour.tells_slots:
            return None
        return self._server is not None and self._server.is_busy

    async def end(self, grace: float) -> None:
        """SIGTERM, ``grace`` seconds of its clock, SIGKILL."""
        if not self._exited.done():
            self._record("term")
            ending = self._behaviour.ending_on_term(self._elapsed, self._orders)
            if ending is not None:
                self._end(ending)
            else:
                await self._be_killed_after(grace)
        self.pids.clear()

    async def _be_killed_after(self, grace: float) -> None:
        try:
            await within(self._clock, grace, self.exited())
        except TimeoutError:
            self._end(Ending(self._elapsed, Cause.TERM, signal=signal.SIGKILL), told=False)

    def output_tail(self) -> str:
        """See :class:`pool_managerd.engines.ports.Engine`."""
        return "\n".join(self._output)[-_OUTPUT_TAIL:]


def _nothing() -> None:
    return None
