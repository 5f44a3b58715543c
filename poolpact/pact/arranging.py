"""Provider states, arranged by the code that arranges the Givens of the features, and where the verifier asks for them."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from poolpact.contract import ContractViolation
from poolpact.contract.pact import Interaction
from poolpact.daemon.states import NotApplicable, UnknownState, arrange
from poolpact.faults.wire import Connection, Listener, Reply
from poolpact.pact.rewriting import REPLAY
from poolpact.world import World

_ARRANGED_WITHIN = 30.0
"""Seconds in which the provider has to be brought into a state."""


class Arrangement:
    """The states of an interaction, in a world of their own.

    ``told`` is what its request needs to know; ``obstacle`` says why they could not be arranged, ``is_applicable`` whether that
    is the provider's fault. ``remains`` are the engines that still run afterwards.
    """

    def __init__(self, world: World, settings: Mapping[str, str]) -> None:
        self._world = world
        self._settings = settings
        self.told: dict[str, Any] = {}
        self.obstacle: str | None = None
        self.is_applicable = True
        self.remains: Sequence[int] = ()

    async def arrange(self, interaction: Interaction) -> None:
        """Bring the provider into the states."""
        manager = await self._world.use_manager(self._settings)
        self.told["token"] = manager.token or "none"
        try:
            async with asyncio.timeout(_ARRANGED_WITHIN):
                for state in interaction.states:
                    self.told |= await arrange(self._world, state.name, **state.parameters)
        except NotApplicable as reason:
            self.obstacle, self.is_applicable = str(reason), False
        except (AssertionError, UnknownState) as reason:
            self.obstacle = f"the provider state could not be arranged: {reason}"
        except TimeoutError:
            self.obstacle = f"the provider state could not be arranged: not within {_ARRANGED_WITHIN:g} s"

    def ids(self, interaction: Interaction) -> dict[str, str]:
        """What the pools of the interaction are called here."""
        names = {state.parameters["pool"] for state in interaction.states if isinstance(state.parameters.get("pool"), str)}
        return {name: self._world.pool(name).id for name in sorted(names)}

    async def dissolve(self) -> None:
        """Leave nothing of it behind, whether or not the provider plays along."""
        try:
            await self._world.aclose()
        except ContractViolation:
            raise
        except AssertionError:
            pass
        self.remains = self._world.engines


class StateEndpoint:
    """Where the verifier asks for a provider state; ``arrangements`` by what the parameter ``replay`` calls them."""

    def __init__(self, arrangements: Mapping[str, Arrangement]) -> None:
        self._arrangements = arrangements
        self._listener = Listener(self._serve)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self._listener.port}/"

    async def __aenter__(self) -> "StateEndpoint":
        await self._listener.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.close()

    async def _serve(self, connection: Connection) -> None:
        while (request := await connection.receive()) is not None:
            wanted = json.loads(request.body)["params"][REPLAY]
            await connection.reply(Reply.of_json(200, self._arrangements[wanted].told))
            if not connection.keeps_alive:
                return
