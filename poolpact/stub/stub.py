"""A pool manager that behaves as told and spawns nothing: the reference's own, over a spawner that pretends."""

import contextlib
import math
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from pool_managerd.api import Security, create_app
from pool_managerd.clock import SystemClock
from pool_managerd.domain.errors import StartupRefused
from pool_managerd.manager import ManagerConfig, PoolManager
from pool_managerd.settings import Settings
from pool_managerd.storage.run_dir import RunDir
from poolpact.stub.director import Director
from poolpact.stub.errors import StubRefused
from poolpact.stub.exchanges import Exchange, Observer
from poolpact.stub.fronts import FaultyFront, Front, PlainFront
from poolpact.stub.holders import OtherHolders
from poolpact.stub.operations import Operations
from poolpact.stub.script import Script
from poolpact.stub.spawner import PretendingSpawner
from poolpact.stub.strictness import Strictness
from poolpact.stub.told_faults import Chances

_ANYWHERE = (Path("/"),)


def _tell_nobody(exchange: Exchange) -> None:
    return None


class Stub:
    """Plays ``script`` at the address, and with the token and the lease time, of ``settings``.

    An asynchronous context: inside it the stub answers, and every pool is as it was told from the first answer on; afterwards
    nothing is left of it. Entering raises StubRefused. ``observer`` is told of every request, and ``strictness`` judges it. A
    stub conforms to nothing: no engine is ever started (PM-PRELOAD-1).
    """

    def __init__(
        self, script: Script, settings: Settings, observer: Observer = _tell_nobody, strictness: Strictness | None = None
    ) -> None:
        self._script = script
        self._settings = settings
        self._observer = observer
        self._strictness = strictness
        self._clock = SystemClock()
        self._stack = contextlib.AsyncExitStack()
        self._front: Front
        self.url = ""

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            try:
                await self._start(stack)
            except StartupRefused as refusal:
                raise StubRefused(str(refusal)) from None
            except OSError as error:
                raise StubRefused(f"{self._settings.addr} cannot be used: {error.strerror or error}") from None
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._stack.aclose()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="poolpact-stub-")))
        front = self._make_front()
        await front.open(self._settings.addr)
        stack.push_async_callback(front.aclose)
        run_dir = RunDir(folder / "run")
        run_dir.open()
        stack.callback(run_dir.close)
        script = self._script
        spawner = PretendingSpawner(self._clock, folder, load=script.preload_takes, token_interval=script.token_interval)
        lease_ttl = self._settings.lease_ttl
        config = ManagerConfig(engine_dirs=_ANYWHERE, startup_timeout=math.inf, lease_ttl=lease_ttl)
        manager = PoolManager(config, clock=self._clock, spawner=spawner, run_dir=run_dir)
        await manager.start()
        stack.push_async_callback(self._end, front, manager)
        holders = OtherHolders(manager, self._clock, lease_ttl)
        stack.push_async_callback(holders.aclose)
        director = Director(manager, spawner, holders, self._clock)
        stack.push_async_callback(director.aclose)
        for pool in script.pools:
            await director.bring_about(pool)
        front.begin(create_app(manager, self._security()))
        self.url = front.url

    def _make_front(self) -> Front:
        if not self._script.faults:
            return PlainFront(self._observer, self._strictness)
        operations = Operations.load()
        chances = Chances(self._script.faults, operations, self._script.seed)
        return FaultyFront(chances, operations, self._observer, self._strictness)

    def _security(self) -> Security:
        token = self._settings.token.get_secret_value() if self._settings.token else None
        return Security(token, frozenset({self._settings.addr.host}))

    @staticmethod
    async def _end(front: Front, manager: PoolManager) -> None:
        """Requests may wait for engines: both end at the same time."""
        front.stop()
        await manager.close()
