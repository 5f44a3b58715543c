"""The pace of health probes (PM-READY-2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pool_managerd.domain.probing import LONGEST, SHORTEST, probe_interval


@pytest.mark.parametrize(("elapsed", "interval"), [(0.0, 0.005), (1.5, 0.005), (4.0, 0.012), (20.0, 0.06), (600.0, 0.1)])
def test_it_is_quick_at_first_and_backs_off(elapsed: float, interval: float) -> None:
    assert probe_interval(elapsed) == pytest.approx(interval)


@given(st.floats(min_value=0, max_value=1e6), st.floats(min_value=0, max_value=1e6))
def test_it_is_bounded_and_never_gets_quicker(a: float, b: float) -> None:
    assert SHORTEST <= probe_interval(a) <= LONGEST
    assert probe_interval(min(a, b)) <= probe_interval(max(a, b))
