"""Preloading, in one scenario."""

import asyncio
import contextlib
import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from poolpact.daemon.answers import accepted, ready_now, refused, shown, under_way
from poolpact.daemon.bad_input import broken_body, useless_binary
from poolpact.daemon.calls import JSON, Begun, hang_up, pool_path, preload_request
from poolpact.daemon.engines import engine_flags
from poolpact.daemon.statuses import SOON, Statuses, calls_of
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import Pool, World

_A_WHILE = 0.3
"""Seconds after which who did not answer too early keeps its caller waiting."""
LONG = 60
"""Seconds that callers are willing to wait who are not to give up in a scenario."""
_JOINS_WITHIN = 0.3
"""Seconds after which a call that has no answer is taken for one that waits together with an earlier one."""


class Preloads:
    """The preloads of a scenario. ``made`` are those of the last steps, about pool ``last_pool``.

    A pool manager may keep a caller waiting although nobody asked it to, or not although somebody did. So a step that preloads
    goes on when the engine runs, and whatever judges the answer takes it whenever it comes. Whoever still waits when the
    scenario is over hangs up.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._statuses = world.of(Statuses)
        self._leading: dict[str, Begun] = {}
        self._begun: list[Begun] = []
        self._other: Pool | None = None
        self.made: list[Begun] = []
        self.last_pool = ""

    def about(self, name: str) -> Pool:
        """Pool ``name``, which is spoken of from now on."""
        self.last_pool = name
        return self._world.pool(name)

    def leading(self, name: str) -> Begun:
        """The last preload of pool ``name`` as it was meant to be."""
        expect(name in self._leading, f"pool {name!r} was not preloaded yet")
        return self._leading[name]

    # --- engines ---

    def engine(self, name: str, phrase: str) -> None:
        """From now on the engine of pool ``name`` does what ``phrase`` says."""
        self.about(name)
        self._world.prepared(name, *engine_flags(phrase))

    async def tell(self, name: str, order: str) -> None:
        """Tell the engine of pool ``name`` what to do, as soon as it is there to hear it."""
        await self.until_started(name)
        self._world.records.tell(self.about(name).nonce, order)

    async def until_started(self, name: str) -> None:
        """Wait until the engine of pool ``name`` runs. Where every preload of it ended with an error, nothing is waited for."""
        calls = [call for call in self._begun if call.pool == name]

        async def check() -> bool:
            if self._statuses.starts(name):
                return True
            refusals = [call.refusal for call in calls]
            last = refusals[-1] if refusals and all(refusals) else None
            expect(last is None, "" if last is None else f"{shown(last)}: expected that the engine is started")
            return False

        await self._world.time.until(check, within=SOON, what=f"the engine of pool {name!r} was started")

    def not_started(self, pool: Pool) -> None:
        """The engine of ``pool`` was never started."""
        started = self._world.records.starts(pool.nonce)
        expect(not started, f"an engine was started for pool {pool.name!r}: {started}")

    # --- preloads ---

    def begin(self, name: str, wait: int | None = None, caller: str | None = None) -> Begun:
        """Let a caller preload pool ``name``; with ``wait`` it prefers to wait so many seconds for an answer.

        ``caller`` is the correlation id that it asks under.
        """
        task = self._calls.begin_preload(self.about(name).prepared, wait=wait, caller=caller)
        return self._made(name, task)

    def _made(self, name: str, task: "asyncio.Task[Answer]") -> Begun:
        call = self._leading[name] = Begun(task, name, self._world.time)
        self._begun.append(call)
        self._world.defer(lambda: hang_up(task))
        return call

    async def preload(self, name: str, wait: int | None = None, caller: str | None = None) -> None:
        """Preload pool ``name``, and go on when that is answered, or when the engine runs and the pool is known."""
        self.made = [self.begin(name, wait, caller)]
        await self._until_it_goes_on(self.made[0])

    async def _until_it_goes_on(self, call: Begun) -> None:
        async def check() -> bool:
            if call.is_over:
                return True
            return bool(self._statuses.starts(call.pool)) and await self._statuses.find(call.pool) is not None

        await self.as_long_as_may_be(check, SOON)

    async def as_long_as_may_be(self, check: Any, within: float) -> None:
        """Wait until ``check`` holds; where it never does a Then will find out."""
        with contextlib.suppress(AssertionError):
            await self._world.time.until(check, within=within, what="a preload goes on")

    async def until_over(self, *calls: Begun, within: float = SOON) -> None:
        """Wait until these calls are answered; whether they are is for a Then to judge."""

        async def check() -> bool:
            return all(call.is_over for call in calls)

        await self.as_long_as_may_be(check, within)

    async def preload_waiting(self, name: str, wait: int) -> None:
        """Preload pool ``name``, and go on when that is answered or the caller's patience is over."""
        self.made = [self.begin(name, wait)]
        await self.until_over(*self.made, within=wait + 0.5)

    async def preload_again(self, name: str) -> None:
        """Preload pool ``name`` once more, beside the calls that are there."""
        self.made = [*self.made, self.begin(name)]
        await self.until_over(self.made[-1], within=_JOINS_WITHIN)

    async def preload_in_turn(self, name: str, times: int, wait: int) -> None:
        """Preload pool ``name`` several times, one after the other."""
        self.made = []
        for _ in range(times):
            self.made.append(self.begin(name, wait))
            await self.until_over(self.made[-1])

    async def preload_at_once(self, name: str, callers: int, wait: int) -> None:
        """Let several callers preload pool ``name`` at once."""
        self.made = [self.begin(name, wait) for _ in range(callers)]
        await self.until_over(*self.made)

    async def preload_changed(self, name: str, **changes: Any) -> None:
        """Preload pool ``name`` with members that are not what they should be; ``...`` leaves one out."""
        prepared = {**self._world.pool(name).prepared, **changes}
        await self._send(
            name, json.dumps({"prepared": {key: value for key, value in prepared.items() if value is not ...}}).encode()
        )

    async def preload_broken(self, name: str, phrase: str) -> None:
        """Preload pool ``name`` with a body that is broken as ``phrase`` says."""
        await self._send(name, broken_body(phrase, self._world.pool(name).prepared))

    async def preload_as(self, name: str, content_type: str) -> None:
        """Preload pool ``name`` with a right body that claims to be something else than JSON."""
        await self._send(name, self._body(name), content_type)

    async def preload_into(self, name: str, path_name: str) -> None:
        """Send the engine of pool ``name`` to the path of another pool."""
        await self._send(path_name, self._body(name))

    def _body(self, name: str) -> bytes:
        return preload_request(self._world.pool(name).prepared, None)[2]

    async def preload_extended(self, name: str) -> None:
        """Preload pool ``name`` with members that nobody knows, in the body and in the PreparedEngine."""
        prepared = self._world.pool(name).prepared | {"x_future": {"a": [1, None]}}
        await self._send(name, json.dumps({"prepared": prepared, "x_also": True}).encode())

    async def _send(self, name: str, body: bytes, content_type: str = JSON["content-type"]) -> None:
        """Send a preload of pool ``name`` that is not as it should be; where nobody answers a Then will find out."""
        target = f"{pool_path(self.about(name).id)}/preload"
        await self._wait_for(name, self._world.manager.begin("POST", target, body=body, headers={"content-type": content_type}))

    async def _wait_for(self, name: str, task: "asyncio.Task[Answer]") -> None:
        self.made = [Begun(task, name, self._world.time)]
        self._world.defer(lambda: hang_up(task))
        await self.until_over(*self.made)

    async def preload_at(self, name: str, target: str) -> None:
        """Preload pool ``name`` at a path that is written as it is; go on when that is answered, or the engine runs."""
        body = self._body(name)
        self.made = [self._made(name, self._world.manager.begin("POST", target, body=body, headers=JSON))]
        self.about(name)

        async def check() -> bool:
            return self.last.is_over or bool(self._statuses.starts(name))

        await self.as_long_as_may_be(check, SOON)

    def no_success(self) -> None:
        """The last preload did not succeed; to hang up is no success either."""
        expect(self.last.is_over, f"pool {self.last.pool!r}: the preload has no answer")
        if self.last.call.exception() is None:
            answer = self.last.answer
            expect(not 200 <= answer.status < 300, f"{shown(answer)}: expected that it is refused")

    async def preload_useless(self, name: str, phrase: str) -> None:
        """Preload pool ``name`` with a binary that is useless as ``phrase`` says; the caller waits for what becomes of it."""
        binary = useless_binary(phrase, self._world.folder("programs"), self._world.folder("elsewhere"))
        prepared = self.about(name).prepared | {"binary_path": binary}
        await self._wait_for(name, self._calls.begin_preload(prepared, wait=int(SOON)))

    async def preload_other(self, name: str, member: str) -> None:
        """Preload pool ``name`` with an engine that differs in ``member``."""
        usual, other = self.about(name).prepared, self._world.another_engine(name)
        changed = {
            "list of flags": {"flags": replace(other, port=usual["port"]).prepared["flags"]},
            "port": {"port": other.port},
            "model": {"model_path": "/models/other.gguf"},
            "engine version": {"engine_version": "simulated-2"},
        }[member]
        self._other = other
        await self._wait_for(name, self._calls.begin_preload(usual | changed))

    def other_not_started(self) -> None:
        """The other engine was not started."""
        if self._other is None:
            raise AssertionError("no other engine was preloaded")
        self.not_started(self._other)

    # --- outcomes ---

    @property
    def last(self) -> Begun:
        """The last call."""
        expect(bool(self.made), "nothing was preloaded yet")
        return self.made[-1]

    async def becomes_ready(self, name: str, within: float = SOON) -> None:
        """Wait until pool ``name`` is ready; a load that failed is not waited for."""
        call = self.leading(name)

        async def check() -> bool:
            refusal, was_accepted = call.refusal, call.is_over
            expect(refusal is None, "" if refusal is None else f"pool {name!r} is not ready: {shown(refusal)}")
            status = await self._statuses.find(name)
            if status is None:
                expect(not was_accepted, f"pool {name!r} is unknown, although its preload was accepted")
                return False
            failed = was_accepted and not status.live and status.last_error
            expect(not failed, f"pool {name!r} is not ready: {status.last_error[:300]!r}")
            return status.ready

        await self._world.time.until(check, within=within, what=f"pool {name!r} is ready")
        self._statuses.remember(name, ready=True)

    async def accepted(self, calls: int = 1) -> None:
        """The last preloads, of a pool that is ready, were accepted; a pid that is told is that of the engine."""
        expect(len(self.made) >= calls, f"there are {len(self.made)} preloads, not {calls}")
        await self.until_over(*self.made[-calls:])
        for call in self.made[-calls:]:
            pid, serving = accepted(call.answer), self._statuses.starts(call.pool)[-1:]
            expect(pid is None or (pid,) == serving, f"{shown(call.answer)}: the engine is process {serving}")

    async def all_accepted(self) -> None:
        """All of the last preloads were accepted, and by one process."""
        await self.accepted(len(self.made))
        expect(bool(self.made), "nothing was preloaded yet")

    async def under_way(self) -> None:
        """The last preload was accepted and is not ready yet, or keeps its caller waiting for a while as the engine runs."""
        await self.until_over(self.last, within=_A_WHILE)
        if self.last.is_over:
            under_way(self.last.answer, self._world.pool(self.last.pool).id)
        else:
            self._statuses.pid(self.last.pool)

    async def truly_answered(self) -> None:
        """The last preload is answered: where to look, or the process that serves, and not before it was healthy."""
        await self.until_over(self.last)
        answer, pool = self.last.answer, self._world.pool(self.last.pool)
        if answer.status == 202:
            under_way(answer, pool.id)
            return
        pid = ready_now(answer, pool.id)
        expect(pid == self._statuses.pid(pool.name), f"{shown(answer)}: the engine is process {self._statuses.pid(pool.name)}")
        healthy = [event["at"] for event in self._world.records.events(pool.nonce, "healthy")]
        expect(bool(healthy), f"{shown(answer)}: its engine never was healthy")
        early = float(healthy[0]) - self.last.ended
        expect(early <= 0, f"{shown(answer)}: came {early:.3f} s before its engine was healthy")

    async def ready_at_that_moment(self) -> None:
        """Where the last answer says that the pool is ready, so does the status; in the end it does in any case."""
        if self.last.answer.status == 200:
            status = await self._statuses.read(self.last.pool)
            expect(status.live and status.ready, f"pool {self.last.pool!r} is {str(status.told)[:300]}")
        await self.becomes_ready(self.last.pool)

    def refused(self, statuses: Collection[int] = range(400, 500)) -> None:
        """The last preload was refused."""
        refused(self.last.answer, statuses)

    async def refused_or_as_ever(self) -> None:
        """The last preload was refused and started nothing, or taken for what it is: then the pool is ready in the end."""
        if self.last.answer.status < 400:
            accepted(self.last.answer)
            self._leading[self.last.pool] = self.last
            await self.becomes_ready(self.last.pool)
            return
        self.refused()
        self.not_started(self._world.pool(self.last.pool))
