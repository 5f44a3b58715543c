"""The lease book against a simple model, and its rules one by one."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from pool_managerd.domain.leases import RETRY_AT_MOST, LeaseBook


def test_k_of_n_callers_get_a_slot() -> None:
    book = LeaseBook(slots_total=3, ttl=30.0)
    taken = [book.acquire(0.0, f"lease-{n}") for n in range(10)]
    assert [lease is not None for lease in taken] == [True] * 3 + [False] * 7
    assert (len(book), book.free) == (3, 0)


def test_the_same_key_gives_the_same_lease_until_it_ends() -> None:
    book = LeaseBook(slots_total=2, ttl=30.0)
    first = book.acquire(0.0, "a", key="k")
    again = book.acquire(1.0, "b", key="k")
    assert first is not None
    assert again is not None
    assert again == (first[0], False)
    book.release(2.0, "a")
    anew = book.acquire(3.0, "c", key="k")
    assert anew is not None
    assert anew[0].lease_id == "c"
    assert anew[1]


@pytest.mark.parametrize(("now", "held"), [(29.999, True), (30.0, False), (31.0, False)])
def test_a_lease_ends_exactly_at_its_time(now: float, held: bool) -> None:
    book = LeaseBook(slots_total=1, ttl=30.0)
    book.acquire(0.0, "a")
    assert (book.renew(now, "a") is not None) is held


def test_a_renewed_lease_gets_a_whole_new_time() -> None:
    book = LeaseBook(slots_total=1, ttl=30.0)
    book.acquire(0.0, "a")
    renewed = book.renew(20.0, "a")
    assert renewed is not None
    assert renewed.expires_at == 50.0
    assert book.expire(49.0) == 0
    assert book.expire(50.0) == 1
    assert book.free == 1


def test_releasing_twice_counts_once() -> None:
    book = LeaseBook(slots_total=2, ttl=30.0)
    book.acquire(0.0, "a")
    assert book.release(1.0, "a") is True
    assert book.release(1.0, "a") is False
    assert book.free == 2


@pytest.mark.parametrize(("now", "expected"), [(0.0, RETRY_AT_MOST), (29.5, 0.5), (40.0, 0.0)])
def test_retry_after_is_soon_and_never_negative(now: float, expected: float) -> None:
    book = LeaseBook(slots_total=1, ttl=30.0)
    book.acquire(0.0, "a")
    assert book.retry_after(now) == expected


class LeaseBookAgainstModel(RuleBasedStateMachine):
    """A dict of expiry times is the model; time only grows."""

    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.book = LeaseBook(slots_total=4, ttl=10.0)
        self.now = 0.0
        self.serial = 0
        self.model: dict[str, float] = {}

    def _alive(self) -> dict[str, float]:
        return {lease_id: end for lease_id, end in self.model.items() if end > self.now}

    @rule(seconds=st.floats(min_value=0, max_value=15))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=leases)
    def acquire(self) -> str:
        self.serial += 1
        lease_id = f"lease-{self.serial}"
        taken = self.book.acquire(self.now, lease_id)
        self.model = self._alive()
        assert (taken is not None) == (len(self.model) < 4)
        if taken is not None:
            self.model[lease_id] = self.now + 10.0
        return lease_id

    @rule(lease_id=leases)
    def renew(self, lease_id: str) -> None:
        renewed = self.book.renew(self.now, lease_id)
        self.model = self._alive()
        assert (renewed is not None) == (lease_id in self.model)
        if renewed is not None:
            self.model[lease_id] = self.now + 10.0

    @rule(lease_id=consumes(leases))
    def release(self, lease_id: str) -> None:
        self.model = self._alive()
        assert self.book.release(self.now, lease_id) == (self.model.pop(lease_id, None) is not None)

    @invariant()
    def counts_agree(self) -> None:
        self.book.expire(self.now)
        assert len(self.book) == len(self._alive())
        assert 0 <= self.book.free <= 4
        assert len(self.book) + self.book.free == 4


TestLeaseBookAgainstModel = LeaseBookAgainstModel.TestCase
