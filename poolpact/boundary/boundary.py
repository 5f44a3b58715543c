"""The boundary that the orchestrator's scenarios are about: an orchestrator, a pool manager, and the line between them."""

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from poolpact.boundary.conversation import PoolHealth, Work, ask_health, leave_task
from poolpact.boundary.residents import resident
from poolpact.boundary.staged_pool import StagedPool
from poolpact.boundary.timing import timed
from poolpact.exchange import ExchangeFailed
from poolpact.expectation import expect
from poolpact.faults import FaultProxy
from poolpact.faults.faults import Fault
from poolpact.faults.journal import Chapter
from poolpact.faults.proxy import Which
from poolpact.notices.facts import DEFAULT_DEADLINE_MS, Facts, LeftTask, Subject
from poolpact.orchestrators import remote_settings
from poolpact.targets.base import MOST_SHOWN, OrchestratorTarget, PoolManagerTarget, StartRefused, Target
from poolpact.targets.logs import last_words
from poolpact.world import World

RIGHT_WITHIN = 3.0
"""Seconds within which an orchestrator has to say what is so, an outage before included."""
NEVER_RIGHT_WITHIN = 0.1
"""The same for one that was not right in the last PATIENT_TIMES scenarios."""
PATIENT_TIMES = 3
TOLERANCE = 0.1
"""Seconds that the way of an answer may take beyond the deadline."""
TRIALS = 5

_disappointments: "WeakKeyDictionary[Target, int]" = WeakKeyDictionary()
"""In how many scenarios of a run, one after the other, the orchestrator was not right in the first place."""
_subjects: "WeakKeyDictionary[Target, dict[Subject, None]]" = WeakKeyDictionary()
"""The orchestrators of a run so far, as they were configured."""


class Boundary:
    """What the steps of a scenario share besides the world. ``settings`` are the orchestrator's, beyond where its pools are.

    ``said`` holds what orchestrators said of pools, ``works`` the streams that were opened, both oldest first.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.settings: dict[str, str] = {}
        self.said: list[PoolHealth] = []
        self.works: list[Work] = []
        self.pools: dict[str, StagedPool] = {}
        self._manager: PoolManagerTarget | None = None
        self._orchestrator: OrchestratorTarget | None = None
        self._line: FaultProxy | None = None
        self.second_outcome: OrchestratorTarget | StartRefused = StartRefused(0, "no second one was started")
        self._began = time.monotonic()
        self._subjects: dict[Subject, None] = {}
        self._tasks: list[LeftTask] = []
        world.defer(self._hang_up)

    # --- who is there ---

    async def manager(self, settings: Mapping[str, str] | None = None) -> PoolManagerTarget:
        """The pool manager of the scenario; the first mention decides on its settings."""
        if self._manager is None:
            self._manager = await self.world.use_manager(settings)
        return self._manager

    async def line(self) -> FaultProxy:
        """The way to the pool manager. After the scenario nothing is wrong with it."""
        if self._line is None:
            self._line = await self.world.target.line(await self.manager())
            self._line.forget()
            self.world.defer(self._line.behave)
        return self._line

    async def start_orchestrator(self, settings: Mapping[str, str], without: str = "") -> OrchestratorTarget | StartRefused:
        """One with ``settings`` on top of those that lead it to the pool manager, less the one called ``without``."""
        way = {name: value for name, value in (await self.world.target.way_to(await self.manager())).items() if name != without}
        if way["POOL_MANAGER_MODE"] == "remote":
            await self.line()
            self._note({**way, **settings})
        return await self.world.use_orchestrator({**way, **settings})

    def _note(self, settings: Mapping[str, str]) -> None:
        """Remember what is known of the orchestrator with ``settings``."""
        subject = Subject.of(settings)
        if not self._deadline_is_set:
            subject = replace(subject, deadline=self.world.options.deadline or math.inf)
        if not self._heeds_settings:
            subject = Subject(subject.line)
        self._subjects[subject] = None
        _subjects.setdefault(self.world.target, {})[subject] = None

    async def start_second(self, settings: Mapping[str, str], without: str = "") -> None:
        """Start another one beside the scenario's own; what came of it is :attr:`second_outcome`."""
        self.second_outcome = await self.start_orchestrator(settings, without)

    @property
    def second(self) -> OrchestratorTarget:
        """The other one, which started."""
        return started(self.second_outcome)

    async def remote_way(self) -> dict[str, str]:
        """The settings that lead to the pool manager over the network."""
        return remote_settings(await self.line(), await self.manager())

    async def orchestrator(self) -> OrchestratorTarget:
        """The orchestrator of the scenario."""
        if self._orchestrator is None:
            self._orchestrator = started(await self.start_orchestrator(self.settings))
        return self._orchestrator

    async def source_of_mode(self) -> str:
        """Where the orchestrator of the scenario has its pools, as its settings say."""
        return (await self.world.target.way_to(await self.manager()))["POOL_MANAGER_MODE"]

    # --- pools and what is said of them ---

    @property
    def pool(self) -> StagedPool:
        """The pool that the scenario is about."""
        return self.pools["pool"]

    async def make_pool(self, name: str = "pool", *, slots: int = 1, flags: tuple[str, ...] = ()) -> StagedPool:
        """A ready pool; the scenario's own is called ``pool``."""
        pool = StagedPool(self.world, await self.manager(), name, slots=slots)
        self.pools[name] = pool
        pool.usual_flags = flags
        await pool.become("ready")
        return pool

    async def borrow_pool(self) -> StagedPool:
        """A ready pool that the run keeps for scenarios that only look at it, under the name ``pool``.

        Nothing is left on a daemon that somebody else started: there the scenario gets a pool of its own.
        """
        if self.world.options.url is not None:
            return await self.make_pool()
        manager = await self.manager()
        kept = await resident(self.world, manager)
        self.pools["pool"] = StagedPool(self.world, manager, "pool")
        self.pool.stand_in(kept, lambda: self.until_reported("live and ready"))
        return self.pool

    async def ask(self, pool_id: str, orchestrator: OrchestratorTarget | None = None) -> PoolHealth:
        """Ask for the health of a pool, once."""
        health = await ask_health(orchestrator or await self.orchestrator(), pool_id)
        self.said.append(health)
        return health

    async def until_reported(
        self,
        condition: str,
        pool_id: str | None = None,
        orchestrator: OrchestratorTarget | None = None,
        *,
        within: float = RIGHT_WITHIN,
    ) -> PoolHealth:
        """Ask until the pool is reported as ``condition``, such as ``live and not ready``."""
        asked = orchestrator or await self.orchestrator()
        asked_for = self.pool.id if pool_id is None else pool_id

        async def check() -> PoolHealth | None:
            health = await self.ask(asked_for, asked)
            return health if health.condition == condition else None

        try:
            return await self.world.time.until(check, within=within, what=f"pool {asked_for} reported as {condition}")
        except ExchangeFailed:
            raise
        except AssertionError as error:
            last = f"; the last answer: {self.said[-1]}" if self.said else ""
            raise AssertionError(f"{error}{last}") from None

    async def until_first_right(self) -> None:
        """The first right answer of a scenario. An orchestrator that is never right is not waited for again and again."""
        target = self.world.target
        missed = _disappointments.get(target, 0)
        within = RIGHT_WITHIN if missed < PATIENT_TIMES else NEVER_RIGHT_WITHIN
        _disappointments[target] = missed + 1
        await self.until_reported("live and ready", within=within)
        _disappointments[target] = 0

    @property
    def last_said(self) -> PoolHealth:
        """The last answer for the health of a pool."""
        expect(bool(self.said), "no orchestrator was asked for the health of a pool yet")
        return self.said[-1]

    # --- work ---

    @property
    def work(self) -> Work:
        """The work that was given last."""
        expect(bool(self.works), "no work was given yet")
        return self.works[-1]

    async def leave_task(
        self, pool: StagedPool | None = None, orchestrator: OrchestratorTarget | None = None, **task: str | int
    ) -> Work:
        """Leave a task without opening its stream."""
        to = pool or self.pool
        to.look()
        self._tasks.append(LeftTask(to.id, time.monotonic()))
        work = await leave_task(orchestrator or await self.orchestrator(), to.id, **task)  # type: ignore[arg-type]
        self.works.append(work)
        return work

    async def give_work(
        self, pool: StagedPool | None = None, orchestrator: OrchestratorTarget | None = None, **task: str | int
    ) -> Work:
        """Leave a task and open its stream."""
        work = await self.leave_task(pool, orchestrator, **task)
        await work.open()
        return work

    async def offer_work(self) -> None:
        """Give work to the pool, which need not be taken: what became of it is for whoever reads its stream to judge."""
        try:
            work = await self.leave_task()
        except AssertionError as refusal:
            self.works.append(Work(await self.orchestrator(), "", 0, refusal=refusal))
        else:
            await work.try_to_open()

    async def deliver(self) -> None:
        """Work for the pool delivers its tokens, once it is reported as ready."""
        await self.until_reported("live and ready")
        work = await (await self.give_work()).to_the_end()
        work.assert_delivered()

    async def _hang_up(self) -> None:
        for work in self.works:
            await work.hang_up()

    # --- trouble and demand ---

    async def misbehave(self, fault: Fault, which: Which | None = None) -> None:
        """Something is wrong with the line from now on; the record of what it saw begins anew."""
        line = await self.line()
        line.forget()
        await line.misbehave(fault, which)

    # --- what was heard ---

    @property
    def _heeds_settings(self) -> bool:
        return self.world.options.orchestrator_url is None

    @property
    def facts(self) -> Facts:
        """What is known of the scenario."""
        everybody = tuple(_subjects.get(self.world.target, ()))
        return Facts(tuple(self._subjects), everybody, tuple(self._tasks), self._heeds_settings)

    @property
    def heard(self) -> Chapter:
        """What the pool managers of the scenario, and bystanders, heard of orchestrators since its beginning."""
        return Chapter(self._began, time.monotonic()) if self._line is None else self._line.journal.since(self._began)

    @property
    def time_limit(self) -> float:
        """Seconds within which the orchestrator has to answer, its own work on the answer included."""
        told = self.world.options.deadline
        if told is not None and not self._deadline_is_set:
            return told + TOLERANCE
        return int(self.settings.get("ORCHESTRATORD_DEADLINE_MS", DEFAULT_DEADLINE_MS)) / 1000 + TOLERANCE

    @property
    def _deadline_is_set(self) -> bool:
        """Whether the orchestrator has the deadline that the scenario gave it; a foreign one may have its own way to be told."""
        options = self.world.options
        is_foreign = options.orchestrator_url is not None or options.orchestrator_launch is not None
        return not is_foreign or "deadline" in (options.takes or ())

    async def in_time(self, call: Callable[[], Awaitable[object]]) -> None:
        """One of five trials of ``call`` is over within the limit, but for what this process itself was late in that time."""
        took = []
        for _ in range(TRIALS):
            took.append(await timed(call))
            if took[-1] <= self.time_limit:
                return
        raise AssertionError(f"the answer took {min(took):.3f} s at best, the limit is {self.time_limit:.3f} s")


def boundary_of(context: Any) -> Boundary:
    """The boundary of the scenario that runs, made at first use."""
    world: World = context.world
    return world.of(Boundary)


def started(subject: OrchestratorTarget | StartRefused) -> OrchestratorTarget:
    """``subject``, which started."""
    if isinstance(subject, StartRefused):
        raise AssertionError(
            f"the orchestrator ended with exit code {subject.exit_code}: {last_words(subject.stderr, MOST_SHOWN)}"
        )
    return subject
