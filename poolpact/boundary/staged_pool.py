"""A pool that a scenario leads from one state into another, and what its engines saw meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal

from poolpact.boundary.conversation import encoded
from poolpact.expectation import expect
from poolpact.ports import free_port
from poolpact.targets.base import Condition, PoolManagerTarget
from poolpact.world import Pool, World

State = Literal["ready", "loading", "failed", "stopped", "stopping", "full", "unknown"]
SEEN_WITHIN = 5.0
"""Seconds within which a change of the pool shows in its status."""
_LEADING_TO: dict[str, tuple[str, ...]] = {
    "loading": ("--sim-wait",),
    "failed": ("--sim-exit-after", "0", "--sim-exit-code", "3"),
    "stopping": ("--sim-ignore-term",),
}


class StagedPool:
    """One pool. Every state but ``full`` is that of an engine of its own, with records of its own.

    ``usual_flags`` are those of an engine that is to be ready; ``slots`` is how many slots it has.
    """

    def __init__(self, world: World, manager: PoolManagerTarget, name: str, *, slots: int = 1) -> None:
        self._world = world
        self._manager = manager
        self._pool = world.pool(name)
        self._slots = slots
        self._state: State = "unknown"
        self._nonces: list[str] = []
        self._held: list[str] = []
        self._completions_seen = 0
        self._resident: Pool | None = None
        self._when_moved: Callable[[], Awaitable[object]] | None = None
        self.usual_flags: tuple[str, ...] = ()
        world.defer(self._release_engines)

    @property
    def id(self) -> str:
        """What the subjects call it."""
        return self._pool.id if self._resident is None else self._resident.id

    def stand_in(self, resident: Pool, when_moved: Callable[[], Awaitable[object]]) -> None:
        """Let ``resident``, a ready pool of the whole run, be the pool as long as the scenario changes nothing about it.

        When it does, a pool of its own takes the place, and ``when_moved`` makes sure that it is seen as the other was.
        """
        self._resident, self._when_moved = resident, when_moved
        self._state = "ready"

    async def _move(self) -> None:
        if self._resident is not None and self._when_moved is not None:
            self._resident = None
            await self._bring_about("ready")
            await self._when_moved()

    async def become(self, state: State) -> None:
        """Lead the pool into ``state``."""
        if state == self._state:
            return
        await self._move()
        if state == "full":
            await self.become("ready")
            await self._take_every_slot()
        elif state == "ready" and self._state == "full":
            await self._give_back()
        else:
            await self._dismiss()
            if state != "unknown":
                await self._bring_about(state)
        self._state = state

    async def renew_engine(self, *flags: str) -> None:
        """Replace the engine by one with ``flags``, and be ready again."""
        await self._move()
        await self._dismiss()
        self.usual_flags = flags
        await self._bring_about("ready")
        self._state = "ready"

    async def _bring_about(self, condition: Condition) -> None:
        nonce = f"{self._pool.nonce}-{len(self._nonces)}"
        self._nonces.append(nonce)
        flags = _LEADING_TO.get(condition, self.usual_flags)
        slots = {"slots_total": self._slots}
        incarnation = replace(self._pool, nonce=nonce, port=free_port(), flags=("-np", str(self._slots), *flags), overrides=slots)
        await self._world.target.bring_about(self._manager, incarnation.prepared, condition)

    async def _dismiss(self) -> None:
        self._held.clear()
        await self._release_engines()
        await self._world.target.dismiss(self._manager, [self.id])

    async def _release_engines(self) -> None:
        """Nothing an engine was told to wait for, or to ignore, outlives its use."""
        for nonce in self._nonces:
            self._world.records.tell(nonce, "end")

    # --- its slots ---

    async def _take_every_slot(self) -> None:
        """As another orchestrator would."""
        while (answer := await self._manager.send("POST", f"/pools/{encoded(self.id)}/leases")).status == 201:
            self._held.append(answer.json()["lease_id"])
        expect(answer.status == 429, f"expected that a slot is leased or none is free, got {answer}")

    async def _give_back(self) -> None:
        while self._held:
            answer = await self._manager.send("DELETE", f"/pools/{encoded(self.id)}/leases/{encoded(self._held.pop())}")
            expect(answer.status == 204, f"expected that the slot is given back, got {answer}")

    async def leased(self) -> int:
        """How many slots the pool manager counts as leased."""
        answer = await self._manager.send("GET", f"/pools/{encoded(self.id)}/status")
        expect(answer.status == 200, f"expected a status, got {answer}")
        return int(answer.json()["active_leases"])

    async def until_leased(self, count: int) -> None:
        """Wait until exactly ``count`` slots are leased."""

        async def check() -> bool:
            return await self.leased() == count

        await self._world.time.until(check, within=SEEN_WITHIN, what=f"{count} leased slots of pool {self.id}")

    # --- its engines ---

    def tell_engine(self, order: str) -> None:
        """Tell the present engine what to do."""
        self._world.records.tell(self._nonces[-1], order)

    async def until_idle(self) -> None:
        """Wait until its present engine has nothing to do."""
        nonce = self._nonces[-1]

        async def check() -> bool:
            records = self._world.records
            return len(records.completions(nonce)) == len(records.completion_ends(nonce))

        await self._world.time.until(check, within=SEEN_WITHIN, what=f"an idle engine of pool {self.id}")

    def look(self) -> None:
        """From now on :meth:`new_completions` counts."""
        self._completions_seen = len(self._completions())

    def new_completions(self) -> list[dict[str, object]]:
        """What its engines were asked for since the last look."""
        return self._completions()[self._completions_seen :]

    def _completions(self) -> list[dict[str, object]]:
        nonces = self._nonces if self._resident is None else [self._resident.nonce]
        return [event for nonce in nonces for event in self._world.records.completions(nonce)]
