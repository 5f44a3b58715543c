"""What of the pools is measured, in the words of Prometheus (PM-OBS-1)."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from pool_managerd.domain.feed import Change
from pool_managerd.domain.pool_state import PoolState
from pool_managerd.domain.status import PoolStatus

PREFIX = "pool_manager"
DURATIONS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds: the buckets of what a preload takes, from a tiny engine to a model that barely fits."""

_OUTCOMES: Final = {PoolState.READY: "ready", PoolState.FAILED: "failed"}
_CANCELLED = "cancelled"
"""The outcome of a load that was stopped."""


class PoolGauges:
    """How ``pools`` are: nothing of a pool that is gone can be left."""

    def __init__(self) -> None:
        self.pools: tuple[PoolStatus, ...] = ()

    def describe(self) -> Iterable[Metric]:
        """Which metrics there are, without their samples."""
        return self._of(())

    def collect(self) -> Iterable[Metric]:
        """The metrics of this moment."""
        return self._of(self.pools)

    def _of(self, pools: Iterable[PoolStatus]) -> Iterable[Metric]:
        state = GaugeMetricFamily(f"{PREFIX}_pool_state", "1 for the state that a pool is in, else 0", labels=("pool", "state"))
        slots = GaugeMetricFamily(f"{PREFIX}_pool_slots", "Requests that a pool can serve at once", labels=("pool",))
        free = GaugeMetricFamily(f"{PREFIX}_pool_slots_free", "Slots of a ready pool that nobody holds", labels=("pool",))
        leases = GaugeMetricFamily(f"{PREFIX}_pool_leases", "Slots of a pool that are leased", labels=("pool",))
        for pool in pools:
            for each in PoolState:
                if each is not PoolState.ABSENT:
                    state.add_metric((pool.pool_id, each.value), float(pool.state is each))
            slots.add_metric((pool.pool_id,), pool.slots_total)
            free.add_metric((pool.pool_id,), pool.slots_free)
            leases.add_metric((pool.pool_id,), pool.active_leases)
        return (state, slots, free, leases)


class PreloadMetrics:
    """What became of preloads, and how long they took. ``registry`` gets both; :meth:`note` must be told every change."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._began: dict[str, float] = {}
        self._took = Histogram(
            f"{PREFIX}_preload_duration_seconds",
            "From a preload until its engine was ready, had failed or was stopped",
            ("pool",),
            registry=registry,
            buckets=DURATIONS,
        )
        self._ended = Counter(
            f"{PREFIX}_preloads_total", "Preloads that ended, by outcome", ("pool", "outcome"), registry=registry
        )

    def note(self, change: Change) -> None:
        """A pool changed."""
        pool_id, now = change.status.pool_id, change.status.state
        if now is change.before:
            return
        if now is PoolState.LOADING:
            self._began[pool_id] = change.at
        elif change.before is PoolState.LOADING:
            self._took.labels(pool_id).observe(change.at - self._began.pop(pool_id, change.at))
            self._ended.labels(pool_id, _OUTCOMES.get(now, _CANCELLED)).inc()
        if now is PoolState.ABSENT:
            self._forget(pool_id)

    def _forget(self, pool_id: str) -> None:
        self._began.pop(pool_id, None)
        self._took.remove_by_labels({"pool": pool_id})
        self._ended.remove_by_labels({"pool": pool_id})


class Metrics:
    """All of it, in a registry of its own: nothing is shared with what else lives in the process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._gauges = PoolGauges()
        self._registry.register(self._gauges)
        self.preloads = PreloadMetrics(self._registry)

    def text(self, pools: tuple[PoolStatus, ...]) -> bytes:
        """The metrics of ``pools`` in Prometheus' text format. Of a thousand pools it takes a third of a second."""
        self._gauges.pools = pools
        return generate_latest(self._registry)
