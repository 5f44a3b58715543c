"""The daemon: a manager behind HTTP, from its start to its end."""

import asyncio
import contextlib
import math
import os
import signal

import structlog

from pool_managerd import __version__
from pool_managerd.api import Security, create_app
from pool_managerd.clock import SystemClock
from pool_managerd.domain.errors import PoolManagerError
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.process import ProcessSpawner
from pool_managerd.manager import PoolManager
from pool_managerd.poolsfile import read_pools_file
from pool_managerd.serving import Server, listen, url_of
from pool_managerd.settings import Settings
from pool_managerd.storage.run_dir import RunDir

LAST_ANSWERS = 5
"""Seconds that running requests have to end after the engines are gone."""

_log = structlog.get_logger("pool_managerd")


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then stop every engine; a second signal changes nothing. Raises StartupRefused."""
    pools = read_pools_file(settings.pools) if settings.pools else ()
    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(contextlib.closing(listen(settings.addr)))
        run_dir = RunDir(settings.run_dir)
        run_dir.open()
        stack.callback(run_dir.close)
        clock = SystemClock()
        spawner = ProcessSpawner(os.environ, clock)
        stack.push_async_callback(spawner.aclose)
        manager = PoolManager(settings.manager_config(), clock=clock, spawner=spawner, run_dir=run_dir)
        stack.push_async_callback(manager.close)
        app = create_app(manager, _security(settings))
        server = Server(app, patience=math.ceil(settings.stop_grace) + LAST_ANSWERS)
        stack.push_async_callback(_Ending(server, manager).finish)
        await manager.start()
        url = url_of(sock)
        _log.info("listening", url=url, version=__version__, run_dir=str(run_dir.path), token=settings.token is not None)
        if not settings.engine_dirs:
            _log.warning("no_engine_dirs", remedy="set POOL_MANAGERD_ENGINE_DIRS to the folders that hold your engines")
        preloads = asyncio.gather(*(_preload(manager, prepared) for prepared in pools))
        stack.callback(preloads.cancel)
        await server.serve([sock])
    _log.info("stopped")


def _security(settings: Settings) -> Security:
    token = settings.token.get_secret_value() if settings.token else None
    return Security(token, frozenset({settings.addr.host, *settings.allowed_hosts}))


class _Ending:
    """Turns the first signal into the end of the server and, at the same time, of the engines that requests may wait for."""

    def __init__(self, server: Server, manager: PoolManager) -> None:
        self._server = server
        self._manager = manager
        self._closing: asyncio.Task[None] | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._begin, number)

    def _begin(self, number: signal.Signals) -> None:
        if self._closing is None:
            _log.info("stopping", signal=number.name)
            self._server.should_exit = True
            self._closing = asyncio.create_task(self._manager.close())

    async def finish(self) -> None:
        """Wait until the engines are gone, if a signal asked for it."""
        if self._closing is not None:
            await self._closing


async def _preload(manager: PoolManager, prepared: PreparedEngine) -> None:
    """Begin a preload; one that is refused is logged and stops nothing."""
    try:
        await manager.preload(prepared.pool_id, prepared)
    except PoolManagerError as error:
        _log.error("preload_refused", pool_id=prepared.pool_id, code=error.code, cause=str(error))
