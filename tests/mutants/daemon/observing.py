"""Events, metrics and logs."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from pool_managerd.api import gate, metrics
from pool_managerd.api.gate import Gate
from pool_managerd.api.metrics import Metrics, PoolGauges, PreloadMetrics
from pool_managerd.domain.errors import InvalidPoolId, UnknownPool
from pool_managerd.domain.feed import Change, Feed, Gap
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.manager import PoolManager, changes, pool_manager, published_pool
from pool_managerd.manager.changes import Changes, Reset, Snapshot
from pool_managerd.manager.pool_runner import PoolRunner
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch, rework

Line = dict[str, Any]

# --- metrics ------------------------------------------------------------------------------------------------------


def remembers_who_is_gone() -> None:
    patch(PreloadMetrics, "_forget", lambda self, pool_id: None)


def takes_failures_for_successes() -> None:
    patch(metrics._OUTCOMES, PoolState.FAILED, "ready")


def takes_cancelled_loads_for_failures() -> None:
    patch(metrics, "_CANCELLED", "failed")


def gauges(name: str, change: Callable[[Sample], Sample]) -> None:
    """The samples of one gauge are something else."""

    def changed(metric: Metric) -> Metric:
        if metric.name == name:
            metric.samples = [change(sample) for sample in metric.samples]
        return metric

    rework(PoolGauges, "_of", lambda of: lambda self, pools: [changed(metric) for metric in of(self, pools)])


def forgets_the_leases() -> None:
    gauges("pool_manager_pool_leases", lambda sample: sample._replace(value=0.0))


def is_ready_while_it_loads() -> None:
    def change(sample: Sample) -> Sample:
        return sample._replace(value=1.0) if sample.labels["state"] == "ready" else sample

    gauges("pool_manager_pool_state", change)


def has_free_slots_in_a_dead_engine() -> None:
    def of(self: Any, pools: Any) -> Any:
        return make(self, [replace(pool, slots_free=pool.slots_total - pool.active_leases) for pool in pools])

    make = PoolGauges._of
    patch(PoolGauges, "_of", of)


def times_in_milliseconds() -> None:
    def note(self: Any, change: Change) -> None:
        tell(self, replace(change, at=change.at * 1000))

    tell = PreloadMetrics.note
    patch(PreloadMetrics, "note", note)


def writes(change: Callable[[bytes], bytes]) -> Callable[[], None]:
    """The metrics are written in another way."""
    return lambda: rework(Metrics, "text", lambda text: lambda self, pools: change(text(self, pools)))


def counts_whoever_joins() -> None:
    async def preload(self: Any, pool_id: str, prepared: Any, **named: Any) -> Any:
        runner = self._runners.get(pool_id)
        done = await begin(self, pool_id, prepared, **named)
        if runner is not None and runner.pool.state is PoolState.READY:
            status = runner.published.status
            for listener in self.changes._listeners:
                listener(Change(status, PoolState.LOADING, "preload", 0.0))
        return done

    begin = PoolManager.preload
    patch(PoolManager, "preload", preload)


# --- the daemon's log ---------------------------------------------------------------------------------------------


class _OtherLog:
    def __init__(self, log: Any, lines_for: Callable[[Line], list[Line]]) -> None:
        self._log = log
        self._lines_for = lines_for

    def info(self, event: str, **line: Any) -> None:
        for each in self._lines_for(line):
            self._log.info(event, **each)


def logs(lines_for: Callable[[Line], list[Line]]) -> Callable[[], None]:
    """Instead of the line of a change there are others."""
    return lambda: rework(published_pool, "_log", lambda log: _OtherLog(log, lines_for))


def logs_under_the_first_caller() -> None:
    first: dict[str, Any] = {}

    def lines_for(line: Line) -> list[Line]:
        return [line | {"correlation_id": first.setdefault(line["pool_id"], line["correlation_id"])}]

    logs(lines_for)()


# --- events -------------------------------------------------------------------------------------------------------


def tells(tell_of: Callable[[Change], list[Change]]) -> Callable[[], None]:
    """Instead of a change others are told."""

    def make(tell: Any) -> Any:
        def other(self: Any, change: Change) -> None:
            for each in tell_of(change):
                tell(self, each)

        return other

    return lambda: rework(Changes, "tell", make)


def resumes(number_for: Callable[[Feed, int | Gap], int | Gap]) -> Callable[[], None]:
    """A reader that comes back goes on elsewhere."""
    return lambda: rework(Feed, "resume", lambda resume: lambda self, event_id: number_for(self, resume(self, event_id)))


def reads(without: type[object]) -> Callable[[], None]:
    """Readers are never told something."""

    def make(read: Any) -> Any:
        async def other(self: Any, last_event_id: str | None = None) -> Any:
            async for told in read(self, last_event_id):
                if not isinstance(told, without):
                    yield told

        return other

    return lambda: rework(Changes, "read", make)


def has_no_heartbeat() -> None:
    patch(changes, "HEARTBEAT", 60.0)


def names_no_run() -> None:
    patch(Feed, "id_of", lambda self, number: str(number))
    rework(Feed, "resume", lambda resume: lambda self, event_id: resume(self, f"{self._boot}-{event_id}"))


def forgets_in_silence() -> None:
    def forget(self: Any) -> None:
        self.remove_log()

    PoolRunner.forget  # noqa: B018
    patch(PoolRunner, "forget", forget)


def comes_from_nowhere() -> None:
    def make(init: Any) -> Any:
        def other(self: Any, prepared: Any, config: Any, clock: Any, tell: Any, *_: Any) -> None:
            init(self, prepared, config, clock, tell)

        return other

    rework(published_pool.PublishedPool, "__init__", make)


def shows_only_who_is_ready() -> None:
    def make(init: Any) -> Any:
        def other(self: Any, pools: Any, *more: Any) -> None:
            init(self, lambda: tuple(pool for pool in pools() if pool.ready), *more)

        return other

    rework(Changes, "__init__", make)


# --- what engines printed -----------------------------------------------------------------------------------------


def shows(lines_of: Callable[[list[str], int], list[str]]) -> Callable[[], None]:
    """Other lines than the last ones are shown."""

    def make(_: Any) -> Any:
        def other(path: Any, lines: int) -> str:
            printed = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            return "".join(f"{line}\n" for line in lines_of(printed, lines))

        return other

    return lambda: rework(pool_manager, "last_lines", make)


def shows_nothing_of(refusal: type[Exception]) -> Callable[[], None]:
    """A pool that cannot be is taken for one that has printed nothing."""

    def make(log_tail: Any) -> Any:
        async def other(self: Any, pool_id: str, lines: int) -> Any:
            try:
                return await log_tail(self, pool_id, lines)
            except refusal:
                return ""

        return other

    return lambda: rework(PoolManager, "log_tail", make)


def shows_those_of_everybody() -> None:
    async def log_tail(self: Any, pool_id: str, lines: int) -> str:
        mine = await tail(self, pool_id, lines)
        others = [await tail(self, each, lines) for each in sorted(self._runners) if each != pool_id]
        return "".join([*others, mine])

    tail = PoolManager.log_tail
    patch(PoolManager, "log_tail", log_tail)


def throws_it_away_when_it_is_needed() -> None:
    def fail(self: Any, failure: Any) -> None:
        tell(self, failure)
        self.remove_log()

    tell = PoolRunner._fail
    patch(PoolRunner, "_fail", fail)


def takes_any_number() -> None:
    def make(call: Any) -> Any:
        async def lenient(self: Any, scope: Any, receive: Any, send: Any) -> None:
            lines = scope.get("query_string", b"").removeprefix(b"lines=")
            if scope["path"].endswith("/logs") and not (lines.isdigit() and 0 < int(lines) < 10_000):
                scope = {**scope, "query_string": b""}
            await call(self, scope, receive, send)

        return lenient

    rework(Gate, "__call__", make)


def lets_everybody_watch(*paths: str) -> Callable[[], None]:
    """These calls are not guarded."""
    return lambda: rework(gate, "PUBLIC_PATHS", lambda public: public | set(paths))


MUTANTS = (
    Mutant("PM-AUTH-1: lets everybody read the metrics", lets_everybody_watch("/metrics")),
    Mutant("PM-OBS-1: keeps the counts of pools that are gone", remembers_who_is_gone),
    Mutant("PM-OBS-1: takes a load that fails for one that succeeds", takes_failures_for_successes),
    Mutant("PM-OBS-1: takes a load that is cancelled for one that fails", takes_cancelled_loads_for_failures),
    Mutant("PM-OBS-1: knows no leases", forgets_the_leases),
    Mutant("PM-OBS-1: says that a pool is ready while it loads", is_ready_while_it_loads),
    Mutant("PM-OBS-1: counts free slots in a dead engine", has_free_slots_in_a_dead_engine),
    Mutant("PM-OBS-1: measures in milliseconds", times_in_milliseconds),
    Mutant("PM-OBS-1: writes JSON", writes(lambda text: json.dumps(text.decode()).encode())),
    Mutant("PM-OBS-1: labels by something else", writes(lambda text: text.replace(b'pool="', b'model="'))),
    Mutant("PM-OBS-1: counts whoever joins a preload", counts_whoever_joins),
    Mutant("PM-OBS-2: does not say who asked for it", logs(lambda line: [line | {"correlation_id": None}])),
    Mutant("PM-OBS-2: says that the first caller asked for everything", logs_under_the_first_caller),
    Mutant("PM-OBS-2: does not say why", logs(lambda line: [line | {"cause": "changed"}])),
    Mutant("PM-OBS-2: says nothing until a pool is ready", logs(lambda line: [] if line["to"] is PoolState.LOADING else [line])),
    Mutant("PM-OBS-2: says everything twice", logs(lambda line: [line, line])),
    Mutant(
        "PM-OBS-2: has other words for it",
        logs(lambda line: [{"pool_id": line["pool_id"], "old": line["from"], "new": line["to"]}]),
    ),
    Mutant("PM-OBS-3: tells nothing of leases", tells(lambda change: [] if change.cause.startswith("lease") else [change])),
    Mutant(
        "PM-OBS-3: tells a crash twice",
        tells(lambda change: [change] * (1 + (change.before is PoolState.READY and not change.status.live))),
    ),
    Mutant(
        "PM-OBS-3: tells where a pool is, and not where it comes from",
        tells(lambda change: [replace(change, before=change.status.state)]),
        also=frozenset({"PM-OBS-1"}),
        why="the metrics follow the same changes",
    ),
    Mutant(
        "PM-OBS-3: loses what happens while a reader is away",
        resumes(lambda feed, found: feed.last if isinstance(found, int) else found),
    ),
    Mutant(
        "PM-OBS-3: tells again what a reader knows",
        resumes(lambda feed, found: max(found - 1, 0) if isinstance(found, int) else found),
    ),
    Mutant(
        "PM-OBS-3: goes on although it does not know the id",
        resumes(lambda feed, found: feed.last if isinstance(found, Gap) else found),
    ),
    Mutant("PM-OBS-3: begins anew and does not say so", reads(without=Reset)),
    Mutant("PM-OBS-3: begins with nothing", reads(without=Snapshot)),
    Mutant("PM-OBS-3: begins with the pools that are ready", shows_only_who_is_ready),
    Mutant("PM-OBS-3: is silent for a minute", has_no_heartbeat),
    Mutant("PM-OBS-3: has ids that are the same after a restart", names_no_run),
    Mutant(
        "PM-OBS-3: forgets a failed pool and tells nobody",
        forgets_in_silence,
        also=frozenset({"PM-OBS-2"}),
        why="its log tells nobody either",
    ),
    Mutant(
        "PM-OBS-3: does not know where a pool comes from that is preloaded again",
        comes_from_nowhere,
    ),
    Mutant("PM-OBS-4: shows all lines", shows(lambda printed, lines: printed)),
    Mutant("PM-OBS-4: shows the first lines", shows(lambda printed, lines: printed[:lines])),
    Mutant("PM-OBS-4: has an empty log of a pool that is unknown", shows_nothing_of(UnknownPool)),
    Mutant("PM-OBS-4: has an empty log of a pool that cannot be", shows_nothing_of(InvalidPoolId)),
    Mutant("PM-OBS-4: shows what the engines of all pools printed", shows_those_of_everybody),
    Mutant("PM-OBS-4: throws the log of a failed engine away", throws_it_away_when_it_is_needed),
    Mutant("PM-OBS-4: takes any number of lines", takes_any_number),
)
