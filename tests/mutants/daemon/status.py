"""The status of a pool."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.responses import HTMLResponse

from pool_managerd.api import app, gate, problems
from pool_managerd.api.problems import MethodNotAllowed, NotFound
from pool_managerd.domain.errors import UnknownPool
from pool_managerd.domain.pool import Pool
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.status import PoolStatus
from pool_managerd.manager import PoolManager
from pool_managerd.manager.pool_runner import PoolRunner
from tests.mutants.daemon.requests import hold_back, rewrite
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework

COUNTERS = ("active_leases", "slots_total", "slots_free")


def tells(change: Callable[[Pool, PoolStatus], PoolStatus]) -> None:
    rework(Pool, "status", lambda status: lambda self, host: change(self, status(self, host)))


def counts_in_texts_while_it_loads() -> None:
    def change(status: dict[str, Any]) -> dict[str, Any]:
        return status | {name: str(status[name]) for name in COUNTERS} if status["state"] == "loading" else status

    rewrite("GET", "/status", 200, change)


def counts_nothing_after_a_crash() -> None:
    seen_ready: set[str] = set()

    def change(status: dict[str, Any]) -> dict[str, Any]:
        if status["ready"]:
            seen_ready.add(status["pool_id"])
        crashed = status["state"] == "failed" and status["pool_id"] in seen_ready
        return status | dict.fromkeys(COUNTERS) if crashed else status

    rewrite("GET", "/status", 200, change)


def _dead(pool_id: str) -> PoolStatus:
    return PoolStatus(pool_id, False, False, False, 0, 0, 0, PoolState.ABSENT, None, "", None, "", None, None)


def knows_every_pool() -> None:
    def status(self: Any, pool_id: str) -> PoolStatus:
        try:
            return ask(self, pool_id)
        except UnknownPool:
            return _dead(pool_id)

    ask = PoolManager.status
    patch(PoolManager, "status", status)


def makes_the_pool_it_is_asked_for() -> None:
    asked: Counter[str] = Counter()

    def status(self: Any, pool_id: str) -> PoolStatus:
        try:
            return ask(self, pool_id)
        except UnknownPool:
            asked[pool_id] += 1
            if asked[pool_id] == 1:
                raise
            return _dead(pool_id)

    ask = PoolManager.status
    patch(PoolManager, "status", status)


def answers_with_a_page() -> None:
    async def tell(request: Any, error: Exception) -> Any:
        if isinstance(error, UnknownPool) and request.scope["path"].endswith("/status"):
            return HTMLResponse("<h1>404 Not Found</h1>", 404)
        return await tell_error(request, error)

    tell_error = app._tell_error
    patch(app, "_tell_error", tell)


def takes_ids_for_alike() -> None:
    def runner(self: Any, pool_id: str) -> Any:
        alike = {known.lower(): known for known in self._runners}
        return find(self, alike.get(pool_id.lower(), pool_id))

    find = PoolManager._runner
    patch(PoolManager, "_runner", runner)


def has_slots_in_a_dead_engine() -> None:
    slots: dict[int, int] = {}

    def change(pool: Pool, status: PoolStatus) -> PoolStatus:
        if status.ready:
            slots[id(pool)] = status.slots_free
        return replace(status, slots_free=slots.get(id(pool), 0)) if status.state is PoolState.FAILED else status

    tells(change)


def is_ready_a_little_longer_than_live() -> None:
    async def notice_exit(self: Any, incarnation: Any, status: Any) -> None:
        published, was = self.published, self.published.status
        change, true = published.change, []

        def change_unseen(event: Any, *, cause: str) -> None:
            change(event, cause=cause)
            true.append(published.status)
            published.status = replace(was, live=False)

        published.change = change_unseen
        await notice(self, incarnation, status)
        await asyncio.sleep(0.3)
        published.change, published.status = change, true[0]

    notice = PoolRunner._notice_exit
    patch(PoolRunner, "_notice_exit", notice_exit)


def counts_who_was_turned_away() -> None:
    refused: Counter[int] = Counter()

    def acquire(self: Any, now: float, lease_id: str, key: str | None) -> Any:
        taken = take(self, now, lease_id, key)
        refused[id(self)] += taken is None
        return taken

    take = Pool.acquire
    patch(Pool, "acquire", acquire)
    tells(lambda pool, status: replace(status, active_leases=status.active_leases + refused[id(pool)]))


def waits_for_its_own_preload() -> None:
    hold_back(
        lambda path, preloading: path.endswith("/status") and path.replace("/status", "/preload") in preloading, at_most=1.0
    )


def waits_for_the_preloads_of_others() -> None:
    def others(path: str, preloading: Any) -> bool:
        return path.endswith("/status") and any(each != path.replace("/status", "/preload") for each in preloading)

    hold_back(others, at_most=1.0)


def restarts_what_looks_failed() -> None:
    looks: Counter[str] = Counter()

    def status(self: Any, pool_id: str) -> PoolStatus:
        told = ask(self, pool_id)
        looks[pool_id] += told.state is PoolState.FAILED
        if looks[pool_id] == 20:
            self._begin(pool_id, self._runners[pool_id].pool.prepared)
        return told

    ask = PoolManager.status
    patch(PoolManager, "status", status)


def frees_a_slot_when_it_is_asked_often() -> None:
    asked: Counter[str] = Counter()

    def status(self: Any, pool_id: str) -> PoolStatus:
        asked[pool_id] += 1
        runner = self._runners.get(pool_id)
        if asked[pool_id] % 25 == 0 and runner is not None:
            for lease_id in list(runner.pool._leases._leases)[:1]:
                self.release(pool_id, lease_id)
        return ask(self, pool_id)

    ask = PoolManager.status
    patch(PoolManager, "status", status)


def keeps_the_url_to_itself() -> None:
    tells(lambda pool, status: replace(status, url=None))


def tells_a_url_without_port() -> None:
    tells(lambda pool, status: replace(status, url=status.url and status.url.rpartition(":")[0]))


def takes_any_method_for_get() -> None:
    def make(call: Any) -> Any:
        async def lenient(self: Any, scope: Any, receive: Any, send: Any) -> None:
            reads = scope["path"] == "/health" or scope["path"].endswith("/status")
            await call(self, {**scope, "method": "GET"} if reads else scope, receive, send)

        return lenient

    rework(gate.Gate, "__call__", make)


def does_not_say_what_is_allowed() -> None:
    rework(problems, "_headers", lambda headers: lambda error: {} if isinstance(error, MethodNotAllowed) else headers(error))


def does_not_find_other_methods() -> None:
    rework(app, "_unrouted", lambda tell: lambda request, error: NotFound() if error.status_code == 405 else tell(request, error))


MUTANTS = (
    Mutant(
        "PM-STATUS-1: counts in texts while it loads",
        counts_in_texts_while_it_loads,
        also=frozenset({"PM-OBS-3", "PM-STATUS-3"}),
        why="texts do not add up, and are not what the events say",
    ),
    Mutant(
        "PM-STATUS-1: has no counters after a crash",
        counts_nothing_after_a_crash,
        also=frozenset({"PM-STATUS-3"}),
        why="what is not there does not add up",
    ),
    Mutant(
        "PM-STATUS-2: takes an unknown pool for a dead one",
        knows_every_pool,
        also=frozenset({"PM-PRELOAD-3", "PM-STOP-1"}),
        why="there, too, a pool must be unknown",
    ),
    Mutant(
        "PM-STATUS-2: makes the pool that it is asked for",
        makes_the_pool_it_is_asked_for,
        also=frozenset({"PM-STOP-1"}),
        why="there, too, it is asked again and again for a pool that must be unknown",
    ),
    Mutant("PM-STATUS-2: answers with a web page", answers_with_a_page),
    Mutant("PM-STATUS-2: takes capitals for small letters", takes_ids_for_alike),
    Mutant("PM-STATUS-3: has free slots in a dead engine", has_slots_in_a_dead_engine),
    Mutant("PM-STATUS-3: is ready a little longer than live", is_ready_a_little_longer_than_live),
    Mutant(
        "PM-STATUS-3: counts who was turned away",
        counts_who_was_turned_away,
        also=frozenset({"PM-LEASE-2", "PM-LEASE-5"}),
        why="these look at the counters after somebody was turned away",
    ),
    Mutant("PM-STATUS-4: waits for the pool's own preload", waits_for_its_own_preload),
    Mutant("PM-STATUS-4: waits for the preloads of other pools", waits_for_the_preloads_of_others),
    Mutant("PM-STATUS-5: restarts what it was asked for twenty times", restarts_what_looks_failed),
    Mutant("PM-STATUS-5: frees a slot when it is asked often", frees_a_slot_when_it_is_asked_often),
    Mutant("PM-STATUS-6: keeps the engine's url to itself", keeps_the_url_to_itself),
    Mutant("PM-STATUS-6: tells a url without the port", tells_a_url_without_port),
    Mutant("PM-STATUS-7: takes any method for GET", takes_any_method_for_get),
    Mutant("PM-STATUS-7: does not say which methods there are", does_not_say_what_is_allowed),
    Mutant("PM-STATUS-7: says that there is no such path", does_not_find_other_methods),
)
