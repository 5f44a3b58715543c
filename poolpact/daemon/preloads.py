"""Preloading, in one scenario."""

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Any

from poolpact.daemon.answers import REFUSED, accepted, error_text, refused, shown
from poolpact.daemon.bad_input import broken_body, useless_binary
from poolpact.daemon.calls import JSON, hang_up, pool_path, preload_request
from poolpact.daemon.engines import engine_flags
from poolpact.daemon.statuses import SOON, TRIALS, Statuses, at_once, calls_of
from poolpact.daemon.stranger import Stranger
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import ENGINE, Pool, World

LONG = 60
"""Seconds that callers are willing to wait who are not to give up in a scenario."""


class Preloads:
    """The preloads of a scenario. ``answers`` are those of the last step, about pool ``last_pool``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._statuses = world.of(Statuses)
        self._stranger = Stranger()
        self._other: Pool | None = None
        self.answers: list[Answer] = []
        self.last_pool = ""
        world.defer(self._stranger.aclose)

    def about(self, name: str) -> Pool:
        """Pool ``name``, which is spoken of from now on."""
        self.last_pool = name
        return self._world.pool(name)

    @property
    def answer(self) -> Answer:
        """The last answer."""
        expect(bool(self.answers), "nothing was preloaded yet")
        return self.answers[-1]

    @property
    def _pool_id(self) -> str:
        return self._world.pool(self.last_pool).id

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
        """Wait until the engine of pool ``name`` runs. A manager whose status of it is no answer is not waited for."""

        async def check() -> bool:
            if self._statuses.starts(name):
                return True
            await self._statuses.find(name)
            return False

        await self._world.time.until(check, within=SOON, what=f"the engine of pool {name!r} was started")

    def not_started(self, pool: Pool) -> None:
        """The engine of ``pool`` was never started."""
        started = self._world.records.starts(pool.nonce)
        expect(not started, f"an engine was started for pool {pool.name!r}: {started}")

    async def let_stranger_answer(self, name: str) -> None:
        """Somebody who is not the engine answers healthy on its port."""
        await self._stranger.answer_on(self._world.pool(name).port)

    async def send_stranger_away(self) -> None:
        """It answers no more."""
        await self._stranger.aclose()

    def stranger_only_asked_for_health(self) -> None:
        """Nothing but the health was asked of the stranger."""
        asked = self._stranger.asked
        expect(asked <= {"/health"}, f"the stranger was asked for {sorted(asked)}")

    # --- pools as a scenario finds them ---

    async def ready(self, name: str, phrase: str | None = None) -> None:
        """Preload pool ``name`` and wait until it is ready."""
        if phrase:
            self.engine(name, phrase)
        await self.preload(name, int(SOON))
        self.accepted()
        await self._statuses.until_ready(name)

    async def loading(self, name: str) -> None:
        """Let a caller preload pool ``name`` with an engine that stays loading, and wait until the status says that it does.

        A daemon may keep that caller waiting, although nobody asked it to, for as long as the engine loads.
        """
        self.engine(name, "stays loading until it is told")
        preload = self._calls.begin_preload(self.about(name).prepared)
        self._world.defer(lambda: hang_up(preload))

        async def check() -> bool:
            if preload.done():
                self.answers = [preload.result()]
                self.accepted()
            status = await self._statuses.find(name)
            return status is not None and status.live

        await self._lead(check, name, f"pool {name!r} is live")

    async def until_live(self, name: str) -> None:
        """Wait until pool ``name`` is live, and its engine hears what it is told."""
        await self.until_started(name)
        self._statuses.remember(name, await self._statuses.until(name, live=True))

    async def load_for(self, seconds: float) -> None:
        """Preload the pool that was last spoken of, and let it load for a while."""
        await self.preload(self.last_pool)
        await self.until_live(self.last_pool)
        await self._statuses.stays_loading(self.last_pool, seconds)

    async def failed(self, name: str) -> None:
        """Preload pool ``name`` with an engine that fails, and wait for that. A daemon that waits, too, answers with an error."""
        self.engine(name, "exits with code 3 while loading")
        await self.preload(name)
        was_told = self.answer.status >= 500
        if not was_told:
            self.accepted()

        async def check() -> bool:
            status = await self._statuses.find(name)
            if status is None:
                return was_told
            return not status.live and not status.ready and (was_told or status.last_error != "")

        await self._lead(check, name, f"pool {name!r} has failed to load, and says why")

    async def _lead(self, check: Callable[[], Awaitable[bool]], name: str, what: str) -> None:
        """Wait until ``check`` holds of pool ``name``; where it never does, tell what the status said instead."""
        try:
            await self._world.time.until(check, within=SOON, what=what)
        except AssertionError as never:
            raise AssertionError(f"{never}; {shown(await self._calls.status(self._world.pool(name).id))}") from None

    # --- preloads ---

    async def preload(self, name: str, wait: int | None = None) -> None:
        """Preload pool ``name``."""
        self.answers = [await self._calls.preload(self.about(name).prepared, wait=wait)]

    async def preload_again(self, name: str) -> None:
        """Preload pool ``name`` once more, beside the answers that are there."""
        self.answers = [*self.answers, await self._calls.preload(self.about(name).prepared)]

    async def preload_in_turn(self, name: str, times: int, wait: int) -> None:
        """Preload pool ``name`` several times, one after the other."""
        self.answers = [await self._calls.preload(self.about(name).prepared, wait=wait) for _ in range(times)]

    async def preload_at_once(self, name: str, callers: int, wait: int) -> None:
        """Let several callers preload pool ``name`` at once."""
        prepared = self.about(name).prepared
        self.answers = await at_once([self._calls.preload(prepared, wait=wait) for _ in range(callers)])

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
        target = f"{pool_path(self.about(name).id)}/preload"
        self.answers = [await self._calls.raw("POST", target, body=body, headers={"content-type": content_type})]

    async def preload_useless(self, name: str, phrase: str) -> None:
        """Preload pool ``name`` with a binary that is useless as ``phrase`` says; the caller waits for what becomes of it."""
        binary = useless_binary(phrase, self._world.folder("programs"), self._world.folder("elsewhere"), ENGINE)
        self.answers = [await self._calls.preload(self.about(name).prepared | {"binary_path": binary}, wait=int(SOON))]

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
        self.answers = [await self._calls.preload(usual | changed)]

    def other_not_started(self) -> None:
        """The other engine was not started."""
        if self._other is None:
            raise AssertionError("no other engine was preloaded")
        self.not_started(self._other)

    async def afresh(self, name: str, *, same_port: bool = False) -> None:
        """The pool can be preloaded with an engine that works, and becomes ready."""
        pool = self._world.pool(name)
        if self._world.records.events(pool.nonce) or pool.flags or pool.overrides:
            self._world.replace_engine(name, same_port=same_port)
        await self.ready(name)

    # --- outcomes ---

    def accepted(self, answers: int = 1) -> None:
        """The last preloads were accepted."""
        expect(len(self.answers) >= answers, f"there are {len(self.answers)} answers, not {answers}")
        for answer in self.answers[-answers:]:
            accepted(answer, self._pool_id)

    def under_way(self) -> None:
        """The last preload was accepted and is not ready yet."""
        expect(accepted(self.answer, self._pool_id) is None, f"{shown(self.answer)}: expected that it is under way")

    def told_serving_process(self) -> None:
        """Every answer names the process that was started as the engine, and the engine is the only one."""
        pid = self._statuses.pid(self.last_pool)
        expect(bool(self.answers), "nothing was preloaded yet")
        for answer in self.answers:
            told = accepted(answer, self._pool_id)
            expect(told == pid, f"{shown(answer)}: expected that the engine, process {pid}, is ready")

    async def told_within(self, seconds: float) -> None:
        """The last answer came at most ``seconds`` after the engine turned healthy, or one of some more trials does."""
        took = [self._lag()]
        while took[-1] > seconds and len(took) < TRIALS:
            self._world.replace_engine(self.last_pool, keep_flags=True)
            await self._calls.stop(self._pool_id)
            await self.preload(self.last_pool, LONG)
            took.append(self._lag())
        expect(took[-1] <= seconds, f"took {took} s, at most {seconds:g} s are allowed")

    def _lag(self) -> float:
        """Seconds from the engine's turning healthy to now."""
        healthy = self._world.records.events(self._world.pool(self.last_pool).nonce, "healthy")
        expect(bool(healthy), f"the engine of pool {self.last_pool!r} never turned healthy")
        return self._world.time.now() - float(healthy[-1]["at"])

    async def ready_within(self, name: str, seconds: float) -> None:
        """Pool ``name`` is ready at most ``seconds`` after its engine turned healthy, or is so in one of some more trials."""
        await self._statuses.until_ready(name)
        took = [self._lag()]
        while took[-1] > seconds and len(took) < TRIALS:
            await self._calls.stop(self._pool_id)
            self._world.replace_engine(name, keep_flags=True)
            await self.load_for(seconds)
            await self.tell(name, "healthy")
            await self._statuses.until_ready(name)
            took.append(self._lag())
        expect(took[-1] <= seconds, f"took {took} s, at most {seconds:g} s are allowed")

    def refused(self, statuses: Collection[int] = REFUSED) -> None:
        """The last preload was refused with an error that says why."""
        refused(self.answer, statuses)

    def error_names(self, member: str) -> None:
        """The last error names ``member``."""
        expect(member in error_text(self.answer), f"{shown(self.answer)}: the error does not name {member}")

    async def refused_or_failed(self) -> None:
        """The last preload ended with an error, or left a failed pool with a last error."""
        if self.answer.status >= 400:
            error_text(self.answer)
            await self._statuses.gone(self.last_pool)
            return
        self.accepted()
        status = await self._statuses.until_gone(self.last_pool)
        expect(status is not None and status.last_error != "", f"pool {self.last_pool!r} failed and does not say why")

    def failed_because(self, cause: str, within: float) -> None:
        """The last preload failed in time with an error that names ``cause``."""
        expect(self.answer.status >= 400, f"{shown(self.answer)}: expected an error")
        expect(self.answer.elapsed <= within, f"{shown(self.answer)}: came after {self.answer.elapsed:.3f} s")
        expect(cause in error_text(self.answer), f"{shown(self.answer)}: the error does not name {cause!r}")
