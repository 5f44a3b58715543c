"""Pools as a scenario finds them, and how they are brought there by public calls and the engine's own doing."""

from collections.abc import Awaitable, Callable

from poolpact.daemon.answers import accepted, shown
from poolpact.daemon.preloads import Preloads
from poolpact.daemon.statuses import SOON, Statuses
from poolpact.daemon.stranger import Stranger
from poolpact.daemon.unready import Unready
from poolpact.expectation import expect
from poolpact.world import World


class Conditions:
    """Leads the pools of a scenario into conditions."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._preloads = world.of(Preloads)
        self._statuses = world.of(Statuses)
        self._unready = world.of(Unready)
        self._stranger = Stranger()
        world.defer(self._stranger.aclose)

    async def ready(self, name: str, phrase: str | None = None) -> None:
        """Preload pool ``name`` and wait until it is ready."""
        if phrase:
            self._preloads.engine(name, phrase)
        call = self._preloads.begin(name, int(SOON))
        self._preloads.made = [call]
        await self._preloads.becomes_ready(name)
        await self._preloads.until_over(call)
        accepted(call.answer)
        await self._until_evident(name)
        self._statuses.remember(name, ready=True)

    async def _until_evident(self, name: str) -> None:
        """Wait until the engine of pool ``name`` was seen to be started, unless the pool manager is taken at its word."""
        if self._world.options.wants_evidence:
            await self._preloads.until_started(name)

    async def loading(self, name: str) -> None:
        """Preload pool ``name`` with an engine that stays loading, and wait until the status says that it does."""
        self._preloads.engine(name, "stays loading until it is told")
        call = self._preloads.begin(name)
        self._preloads.made = [call]

        async def check() -> bool:
            if call.is_over:
                accepted(call.answer)
            status = await self._statuses.find(name)
            return status is not None and status.live

        await self._lead(check, name, f"pool {name!r} is live")

    async def until_live(self, name: str) -> None:
        """Wait until pool ``name`` is live, and its engine hears what it is told."""
        await self._preloads.until_started(name)
        status = await self._statuses.until(name, live=True)
        self._statuses.remember(name, ready=status is not None and status.ready)

    async def load_for(self, name: str, seconds: float) -> None:
        """Preload pool ``name``, and let it load for a while."""
        await self._preloads.preload(name)
        await self.until_live(name)
        await self._unready.until_up(name)
        await self._unready.stays_loading(name, seconds)

    async def failed(self, name: str) -> None:
        """Preload pool ``name`` with an engine that fails, and wait for that.

        A pool manager that waits, too, answers with an error; having told the cause it may forget the pool.
        """
        self._preloads.engine(name, "exits with code 3 while loading")
        await self._preloads.preload(name)
        await self._until_evident(name)
        call = self._preloads.leading(name)

        async def check() -> bool:
            was_over = call.is_over
            was_told = call.refusal is not None
            if was_over and not was_told:
                accepted(call.answer)
            status = await self._statuses.find(name)
            if status is None:
                return was_told
            return was_over and not status.live and not status.ready and (was_told or status.last_error != "")

        await self._lead(check, name, f"pool {name!r} has failed to load")

    async def end(self, name: str) -> None:
        """Let the engine of pool ``name``, unless it was refused, end by itself; wait until the pool is not live any more."""
        pool, call = self._preloads.about(name), self._preloads.leading(name)

        async def is_there() -> bool:
            if self._statuses.starts(name) or call.refusal is not None:
                return True
            status = await self._statuses.find(name)
            return status is not None and status.last_error != ""

        await self._world.time.until(is_there, within=SOON, what=f"the engine of pool {name!r} is started, or refused")
        self._world.records.tell(pool.nonce, "exit 1")
        await self._statuses.until_gone(name)

    async def let_stranger_answer(self, name: str) -> None:
        """Somebody who is not the engine answers healthy on its port."""
        await self._stranger.answer_on(self._world.pool(name).port)

    async def send_stranger_away(self) -> None:
        """It answers no more."""
        await self._stranger.aclose()

    async def afresh(self, name: str, *, same_port: bool = False) -> None:
        """The pool can be preloaded with an engine that works, and becomes ready."""
        pool = self._world.pool(name)
        if self._world.records.events(pool.nonce) or pool.flags or pool.overrides:
            self._world.replace_engine(name, same_port=same_port)
        await self.ready(name)

    async def watch_a_life(self, name: str) -> None:
        """Read the status of pool ``name`` over and over: while its engine loads, turns healthy and dies."""
        self._preloads.made = [self._preloads.begin(name)]
        await self._statuses.until(name, live=True, ready=False)
        await self._preloads.tell(name, "healthy")
        await self._statuses.until(name, ready=True)
        await self._preloads.tell(name, "signal SIGSEGV")
        await self._statuses.until(name, ready=False)

    async def _lead(self, check: Callable[[], Awaitable[bool]], name: str, what: str) -> None:
        """Wait until ``check`` holds of pool ``name``; where it never does, tell what the status said instead."""
        try:
            await self._world.time.until(check, within=SOON, what=what)
        except AssertionError as never:
            status = await self._statuses.find(name)
            said = "it is unknown" if status is None else f"its status is {str(status.told)[:300]}"
            call = self._preloads.leading(name)
            answered = f"its preload was answered with {shown(call.answer)}" if call.is_over else "its preload has no answer"
            expect(False, f"{never}; {said}, and {answered}")
