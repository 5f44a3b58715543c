"""Engines as real processes."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

from pool_managerd.clock import Clock
from pool_managerd.domain.errors import SpawnFailed
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.environment import engine_environment
from pool_managerd.engines.health import HealthClient
from pool_managerd.engines.listener import Listener, ListenerWatch
from pool_managerd.engines.output import EngineOutput, open_log
from pool_managerd.engines.ports import Probe
from pool_managerd.engines.procfs import Identity, read_process
from pool_managerd.engines.programs import admit_program
from pool_managerd.engines.termination import Termination, kill_family

_log = structlog.get_logger("pool_managerd")

LOG_CHECK_INTERVAL = 0.5
"""Seconds between two looks at the length of a log."""
MOST_SPAWNS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Launched:
    """A process right after its start."""

    process: "subprocess.Popen[bytes]"
    pidfd: int
    identity: Identity
    output: EngineOutput


class ProcessEngine:
    """One incarnation; see :class:`~pool_managerd.engines.ports.Engine`.

    The process stays a zombie after its exit until :meth:`end` has found nothing else of the incarnation. So its pid, which
    is also the id of its group and session, cannot come to mean another process meanwhile.
    """

    def __init__(
        self,
        launched: Launched,
        prepared: PreparedEngine,
        nonce: str,
        *,
        clock: Clock,
    ) -> None:
        self._process = launched.process
        self._pidfd = launched.pidfd
        self._identity = launched.identity
        self._output = launched.output
        self._prepared = prepared
        self._nonce = nonce
        self._clock = clock
        self._health = HealthClient(prepared.local_host, prepared.port)
        self._watch = ListenerWatch(prepared.host, prepared.port, leader=launched.identity, nonce=nonce)
        self._ending = asyncio.Lock()
        self._gone = False
        self._exit: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(self._pidfd, self._notice_exit)
        self._bounding = asyncio.create_task(self._bound_output(), name=f"output of {prepared.pool_id}")

    @property
    def pid(self) -> int:
        """The process that was spawned."""
        return self._process.pid

    async def exited(self) -> ExitStatus:
        """Complete when the process has ended (PM-READY-3)."""
        return await asyncio.shield(self._exit)

    def _notice_exit(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        self._exit.set_result(_exit_status(self.pid))

    async def probe(self) -> Probe:
        """Healthy only where the engine itself, or a descendant, listens and answers 200 (PM-READY-1, PM-READY-5)."""
        if not await self._answers():
            return Probe.LOADING
        listener = await self._listener()
        # That answer may have been the last one of a process that gave the port to the engine just now.
        if listener is Listener.ENGINE and await self._answers():
            # And this one the first of a process that took the port from it.
            listener = await self._listener()
            if listener is Listener.ENGINE:
                return Probe.HEALTHY
        return Probe.FOREIGN if listener is Listener.FOREIGN else Probe.LOADING

    async def _answers(self) -> bool:
        if self._exit.done():
            return False
        healthy = await self._health.is_healthy(self._prepared.health_path)
        return healthy and not self._exit.done()

    async def _listener(self) -> Listener:
        try:
            return await self._watch.look()
        except (OSError, ValueError):
            return Listener.NOBODY

    async def slots(self) -> int | None:
        """What llama-server's ``/props`` tells (PM-READY-6)."""
        return await self._health.total_slots("/props")

    async def busy(self) -> bool | None:
        """What llama-server's ``/slots`` tells (PM-DRAIN-2)."""
        return await self._health.busy("/slots")

    async def end(self, grace: float) -> None:
        """SIGTERM, at most ``grace`` seconds, SIGKILL; return when no process of the incarnation is left (PM-STOP-1)."""
        async with self._ending:
            if self._gone:
                return
            await Termination(self._nonce, self._clock, self._identity).run(grace)
            await self.exited()
            # Nothing runs between here and the last line that could see half of it.
            self._process.poll()
            os.close(self._pidfd)
            self._bounding.cancel()
            self._gone = True

    def output_tail(self) -> str:
        """The last lines of what this incarnation printed, at most 2 KiB."""
        return self._output.tail()

    async def _bound_output(self) -> None:
        while True:
            if self._output.is_too_long():
                try:
                    await asyncio.to_thread(self._output.cut)
                except OSError as error:
                    _log.error("log_not_cut", pool_id=self._prepared.pool_id, cause=error.strerror)
            await self._clock.sleep(LOG_CHECK_INTERVAL)


class ProcessSpawner:
    """Starts engines as processes, each in a session and process group of its own, without a shell (PM-PRELOAD-1).

    ``environ`` is the manager's environment; engines see the allowed part of it. Call :meth:`aclose` when done.
    """

    def __init__(self, environ: Mapping[str, str], clock: Clock) -> None:
        self._environ = dict(environ)
        self._clock = clock
        # Its own threads: a disk that hangs in exec must not take those of other pools' files.
        self._threads = ThreadPoolExecutor(MOST_SPAWNS_AT_ONCE, thread_name_prefix="spawn")

    def admit(self, prepared: PreparedEngine, engine_dirs: Sequence[Path]) -> None:
        """See :class:`~pool_managerd.engines.ports.Spawner`: only programs in ``engine_dirs``."""
        admit_program(Path(prepared.binary_path), engine_dirs)

    async def spawn(self, prepared: PreparedEngine, *, nonce: str, log_path: Path) -> ProcessEngine:
        """Start ``prepared``; raises SpawnFailed with the system's reason.

        When it is cancelled, it ends what it started before it gives way.
        """
        environment = engine_environment(self._environ, prepared.device_mask, nonce)
        try:
            launch = self._threads.submit(_launch, prepared, environment, log_path)
        except RuntimeError as error:
            raise SpawnFailed(f"{prepared.binary_path!r} could not be started: {error}") from error
        try:
            launched = await asyncio.wrap_future(launch)
        except asyncio.CancelledError:
            undone = ThreadPoolExecutor(1).submit(_undo, launch, nonce)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(asyncio.wrap_future(undone))
            raise
        return ProcessEngine(launched, prepared, nonce, clock=self._clock)

    async def reap(self, nonce: str, grace: float) -> int:
        """End whatever still carries ``nonce``, with its descendants and sessions; return how many processes that were."""
        return await Termination(nonce, self._clock).run(grace)

    async def aclose(self) -> None:
        """Let go of threads. Engines are not ended."""
        self._threads.shutdown(wait=False)


def _launch(prepared: PreparedEngine, environment: dict[str, str], log_path: Path) -> Launched:
    """Start the process; raises SpawnFailed. Blocks for as long as the disk takes."""
    try:
        log = open_log(log_path)
        try:
            start = os.fstat(log).st_size
            process = subprocess.Popen(
                [prepared.binary_path, *prepared.flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        finally:
            os.close(log)
        return _watch(process, EngineOutput(log_path, start))
    except OSError as error:
        raise SpawnFailed(f"{prepared.binary_path!r} could not be started: {error.strerror or error}") from error
    except (ValueError, subprocess.SubprocessError) as error:
        raise SpawnFailed(f"{prepared.binary_path!r} could not be started: {error}") from error


def _watch(process: "subprocess.Popen[bytes]", output: EngineOutput) -> Launched:
    """Take hold of a new process, or kill it and raise OSError."""
    try:
        found = read_process(process.pid)
        if found is None:
            raise OSError("it cannot be seen in /proc")
        return Launched(process, os.pidfd_open(process.pid), found.identity, output)
    except OSError:
        process.kill()
        process.wait()
        raise


def _undo(launch: "Future[Launched]", nonce: str) -> None:
    """End what ``launch`` started, once it has; in a thread, which goes on when the event loop is closed."""
    try:
        launched = launch.result()
    except (SpawnFailed, CancelledError):
        return
    kill_family(nonce, launched.identity)
    launched.process.wait()
    os.close(launched.pidfd)


def _exit_status(pid: int) -> ExitStatus:
    """How the child ``pid`` ended, leaving it a zombie; unknown where somebody else reaped it."""
    try:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    except ChildProcessError:
        ended = None
    if ended is None:
        return ExitStatus(None)
    return ExitStatus(ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status)
