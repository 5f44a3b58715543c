"""The metrics of a pool manager, in one scenario."""

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from poolpact.daemon.answers import shown
from poolpact.daemon.statuses import Statuses, calls_of
from poolpact.expectation import expect
from poolpact.targets.base import Answer
from poolpact.world import World

_STATE = "pool_manager_pool_state"
_COUNTS = ("pool_manager_pool_slots", "pool_manager_pool_slots_free", "pool_manager_pool_leases")
_ENDED = "pool_manager_preloads_total"
_TOOK = "pool_manager_preload_duration_seconds"
_BEFORE = 5.0
"""Seconds that an engine's process may take until it runs its first line."""


class Metrics:
    """The metrics as they were read last."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = world.of(calls_of)
        self._statuses = world.of(Statuses)
        self._answer: Answer | None = None

    async def read(self) -> None:
        """Read them."""
        self._answer = await self._calls.raw("GET", "/metrics")

    @property
    def answer(self) -> Answer:
        """The answer that they came in."""
        if self._answer is None:
            raise AssertionError("the metrics were not read yet")
        return self._answer

    def _samples(self) -> list[Sample]:
        answer = self.answer
        expect(answer.status == 200, f"{shown(answer)}: expected metrics")
        try:
            families = list(text_string_to_metric_families(answer.body.decode("utf-8")))
        except (ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
            raise AssertionError(f"{shown(answer)}: not in the Prometheus text format: {error!r}") from None
        return [sample for family in families for sample in family.samples]

    def _of(self, name: str, pool: str) -> list[Sample]:
        """The series of one metric and one pool."""
        pool_id = self._world.pool(pool).id
        return [sample for sample in self._samples() if sample.name == name and sample.labels.get("pool") == pool_id]

    def _value(self, name: str, pool: str) -> float:
        found = [sample.value for sample in self._of(name, pool)]
        expect(len(found) == 1, f"{name} of pool {pool!r} is there {len(found)} times")
        return found[0]

    def well_formed(self) -> None:
        """They are in the text format, of whose type the answer says to be, and tell something."""
        media_type = self.answer.headers.get("content-type", "")
        expect(media_type.startswith("text/plain"), f"{shown(self.answer)}: the content type is {media_type!r}")
        samples = self._samples()
        series = [(sample.name, *sorted(sample.labels.items())) for sample in samples]
        twice = {each for each in series if series.count(each) > 1} if len(series) < 2000 else set()
        expect(bool(series) and not twice, f"{len(series)} series, of which there are twice: {sorted(twice)}")

    def in_state(self, pool: str, state: str) -> None:
        """Pool ``pool`` is in ``state``, and in no other."""
        found = {sample.labels.get("state"): sample.value for sample in self._of(_STATE, pool)}
        expect({name for name, value in found.items() if value == 1} == {state}, f"the states of pool {pool!r} are {found}")
        expect(set(found.values()) <= {0, 1}, f"the states of pool {pool!r} are {found}")

    def not_in_state(self, pool: str, state: str) -> None:
        """Pool ``pool`` is not in ``state``."""
        found = {sample.labels.get("state"): sample.value for sample in self._of(_STATE, pool)}
        expect(found.get(state) != 1, f"the states of pool {pool!r} are {found}")

    def counted(self, pool: str, slots: int, free: int, leases: int) -> None:
        """Pool ``pool`` has so many slots, free slots and leases."""
        found = tuple(self._value(name, pool) for name in _COUNTS)
        expect(found == (slots, free, leases), f"pool {pool!r} has {found} slots, free slots and leases")

    async def ended(self, pool: str, count: int, outcome: str) -> None:
        """So many preloads of pool ``pool`` had this outcome; a pool manager may have forgotten a pool that failed."""
        found = {sample.labels.get("outcome"): sample.value for sample in self._of(_ENDED, pool)}
        is_known = await self._statuses.find(pool) is not None
        expect(found.get(outcome, 0) == (count if is_known else 0), f"the preloads of pool {pool!r} ended as {found}")

    def took_as_long(self, pool: str) -> None:
        """One preload of pool ``pool`` is timed, as long as its engine took to turn healthy; its buckets agree with that."""
        count, total = self._value(f"{_TOOK}_count", pool), self._value(f"{_TOOK}_sum", pool)
        expect(count == 1, f"{count} preloads of pool {pool!r} are timed")
        nonce = self._world.pool(pool).nonce
        started, healthy = (self._world.records.events(nonce, event) for event in ("started", "healthy"))
        expect(bool(started) and bool(healthy), f"the engine of pool {pool!r} was never healthy")
        least = float(healthy[0]["at"]) - float(started[0]["at"])
        most = self._world.time.now() - float(started[0]["at"]) + _BEFORE
        expect(
            least - 0.001 <= total <= most, f"the preload took {total:.3f} s, its engine {least:.3f} s, the scenario {most:.3f} s"
        )
        buckets = {_limit_of(sample): sample.value for sample in self._of(f"{_TOOK}_bucket", pool)}
        expect(buckets.get(float("inf")) == 1, f"the buckets of pool {pool!r} are {buckets}")
        wrong = {limit: value for limit, value in buckets.items() if value != (total <= limit)}
        expect(not wrong, f"the preload took {total:.3f} s, and its buckets are {buckets}")

    def tells(self, pool: str) -> None:
        """There are series of pool ``pool``."""
        expect(bool(self._of(_STATE, pool)), f"the metrics do not tell the state of pool {pool!r}")

    def tells_nothing(self, pool: str) -> None:
        """No series has the label of pool ``pool``."""
        pool_id = self._world.pool(pool).id
        found = [sample for sample in self._samples() if pool_id in sample.labels.values()]
        expect(not found, f"of pool {pool!r} there is {found[:3]}")


def _limit_of(bucket: Sample) -> float:
    """What a bucket counts up to."""
    try:
        return float(bucket.labels.get("le", ""))
    except ValueError:
        raise AssertionError(f"a bucket without a limit: {bucket.labels}") from None
