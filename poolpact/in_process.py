"""The reference's orchestrator in this process. A room of its own: who judges another does not load what that one is made of."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from orchestratord.app import Orchestrator, build
from orchestratord.clock import Clock
from orchestratord.errors import StartupRefused
from orchestratord.settings import read_settings
from pool_managerd.manager import PoolManager
from poolpact.logbook import LogBook
from poolpact.orchestrators import ReachedOrchestrator
from poolpact.serving import ServedApp
from poolpact.targets.base import OrchestratorTarget, StartRefused


class InProcessStarter:
    """Serves the reference's orchestrator from the loop that the steps run on.

    ``embedded_manager`` finds the pool manager for an orchestrator of mode ``embedded``; without it such a one makes its own.
    """

    def __init__(
        self,
        log: LogBook,
        *,
        clock: Clock | None = None,
        embedded_manager: Callable[[Mapping[str, str]], Awaitable[PoolManager]] | None = None,
    ) -> None:
        self._log = log
        self._clock = clock
        self._embedded_manager = embedded_manager
        self._served: list[ServedApp] = []
        self._orchestrators: list[Orchestrator] = []

    async def start(self, settings: Mapping[str, str]) -> OrchestratorTarget | StartRefused:
        """See :class:`~poolpact.orchestrators.Starter`. What the command line would say of wrong settings is the refusal."""
        try:
            checked = read_settings(settings)
            manager = None
            if checked.mode == "embedded" and self._embedded_manager is not None:
                manager = await self._embedded_manager(settings)
            orchestrator = build(checked, embedded_manager=manager, clock=self._clock, environ=settings)
            self._orchestrators.append(orchestrator)
            await orchestrator.start()
        except StartupRefused as refusal:
            return StartRefused(2, f"orchestratord: {refusal}\n")
        served = ServedApp(orchestrator.app)
        self._served.append(served)
        await served.start()
        return ReachedOrchestrator(served.url, self._log)

    async def aclose(self) -> None:
        """See :class:`~poolpact.orchestrators.Starter`."""
        await asyncio.gather(*(served.aclose() for served in self._served))
        for orchestrator in self._orchestrators:
            await orchestrator.aclose()
        self._served.clear()
        self._orchestrators.clear()
