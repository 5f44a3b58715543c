"""The composition root: settings become a whole orchestrator.

In a process of its own ``orchestratord.cli`` does the rest. In process, and with a pool manager that is there already::

    orchestrator = build(Settings(mode="embedded"), embedded_manager=manager, clock=clock)
    await orchestrator.start()
    ...                                    # serve orchestrator.app, an ASGI application without a lifespan
    await orchestrator.aclose()

Serve it through a real port: httpx's ASGITransport does not stream.
"""

import contextlib
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from orchestratord.api.hosts import HostRule
from orchestratord.api.routes import create_app
from orchestratord.client.client import PoolManagerClient
from orchestratord.clock import Clock, SystemClock
from orchestratord.dispatch import Dispatcher
from orchestratord.engine_client import EngineClient
from orchestratord.pool_manager.fallback import FallbackPoolManager, OwnPools
from orchestratord.pool_manager.protocol import PoolManager
from orchestratord.pool_manager.remote import RemotePoolManager
from orchestratord.settings import Settings
from orchestratord.tasks import TaskRegistry

if TYPE_CHECKING:
    from orchestratord.pool_manager.embedded import InProcessManager

_ANSWER_TIME = 0.1
"""Seconds of the deadline, a tenth of it at most, that are kept for giving the answer itself (OR-DEG-2)."""


class Orchestrator:
    """Everything that serves. ``app`` may be served once :meth:`start` returned; :meth:`aclose` ends it in any case."""

    def __init__(self, app: ASGIApp, pool_manager: PoolManager, dispatcher: Dispatcher, engines: EngineClient) -> None:
        self.app = app
        self._pool_manager = pool_manager
        self._dispatcher = dispatcher
        self._engines = engines

    async def start(self) -> None:
        """Begin; in embedded and fallback mode the pools of pools.toml begin to load. Raises StartupRefused."""
        await self._pool_manager.start()

    def stop_streams(self) -> None:
        """End every task stream; each is told why."""
        self._dispatcher.stop_streams()

    async def aclose(self) -> None:
        """Give every slot back, close all connections, end the engines that were started here."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._pool_manager.aclose)
            stack.push_async_callback(self._engines.aclose)
            stack.push_async_callback(self._dispatcher.aclose)


def build(
    settings: Settings,
    *,
    embedded_manager: "InProcessManager | None" = None,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
) -> Orchestrator:
    """An orchestrator of ``settings``; raises StartupRefused.

    In embedded and fallback mode the pool manager in process is ``embedded_manager``, which stays the caller's to start and to
    close, or else one that is made from the POOL_MANAGERD_* settings of ``environ``. ``clock`` drives the renewal of leases and
    the life of tasks; what goes over the network is timed by the event loop.
    """
    clock = clock or SystemClock()
    pool_manager = _choose(settings, embedded_manager, environ or {})
    engines = EngineClient()
    dispatcher = Dispatcher(pool_manager, engines, clock)
    tasks = TaskRegistry(lambda: secrets.token_hex(16))
    app = create_app(pool_manager, dispatcher, tasks, clock, HostRule(settings.host, settings.allowed_hosts))
    return Orchestrator(app, pool_manager, dispatcher, engines)


def _choose(settings: Settings, embedded_manager: "InProcessManager | None", environ: Mapping[str, str]) -> PoolManager:
    if settings.mode == "remote":
        return _remote(settings)
    own = _in_process(settings, embedded_manager, environ)
    return own if settings.mode == "embedded" else FallbackPoolManager(_remote(settings), own)


def _remote(settings: Settings) -> RemotePoolManager:
    deadline = settings.deadline - min(_ANSWER_TIME, settings.deadline / 10)
    client = PoolManagerClient(settings.pool_manager_url, token=settings.pool_manager_token, deadline=deadline)
    return RemotePoolManager(client)


def _in_process(settings: Settings, embedded_manager: "InProcessManager | None", environ: Mapping[str, str]) -> OwnPools:
    from orchestratord.pool_manager.embedded import EmbeddedPoolManager

    if embedded_manager is not None:
        return EmbeddedPoolManager(embedded_manager)
    return EmbeddedPoolManager.make(environ, settings.pools)
