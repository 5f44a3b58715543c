"""The bound on restarts (PM-SUP-6)."""

from hypothesis import given
from hypothesis import strategies as st

from pool_managerd.domain.restart_window import RestartWindow


def test_there_is_room_for_so_many_and_then_only_when_the_first_is_long_ago() -> None:
    window = RestartWindow(most=3, seconds=60.0)
    for now in (0.0, 10.0, 20.0):
        assert window.earliest(now) == now
        window.add(now)
    assert window.earliest(30.0) == 60.0
    assert window.earliest(60.0) == 60.0
    window.add(60.0)
    assert window.earliest(61.0) == 70.0
    assert window.earliest(75.0) == 75.0


def test_what_is_forgotten_leaves_room() -> None:
    window = RestartWindow(most=1, seconds=60.0)
    window.add(0.0)
    assert window.earliest(1.0) == 60.0
    window.clear()
    assert window.earliest(1.0) == 1.0


@given(
    most=st.integers(min_value=1, max_value=5),
    seconds=st.floats(min_value=0.1, max_value=100),
    pauses=st.lists(st.floats(min_value=0, max_value=50), min_size=1, max_size=40),
)
def test_whoever_heeds_it_never_restarts_too_often_nor_waits_longer_than_needed(
    most: int, seconds: float, pauses: list[float]
) -> None:
    window = RestartWindow(most, seconds)
    restarts: list[float] = []
    now = 0.0
    for pause in pauses:
        wanted = now + pause
        now = window.earliest(wanted)
        assert sum(1 for earlier in restarts if earlier + seconds > now) < most
        if now > wanted:
            just_before = [earlier for earlier in restarts if earlier + seconds >= now]
            assert len(just_before) >= most
        window.add(now)
        restarts.append(now)
