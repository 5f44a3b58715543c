"""When restarts are given up, and what brings them back (PM-SUP-4 to PM-SUP-6)."""

from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.supervision import (
    Broken,
    Restart,
    Stopped,
    SupervisionPolicy,
)
from tests.pool_managerd.domain.life import CLOSED, HALF_OPEN, OPEN, Life

# --- breaker ---


def test_n_failures_in_a_row_open_the_breaker() -> None:
    life = Life()
    *before, last = life.crash_again(4)
    assert [type(decision) for decision in before] == [Restart] * 3
    assert life.waits(last) == 300.0
    assert (life.supervisor.breaker, life.supervisor.restart_count) == (OPEN, 3)


def test_after_its_time_out_there_is_one_trial_and_its_failure_opens_it_for_twice_as_long() -> None:
    life = Life()
    life.broken()
    waits = []
    for _ in range(3):
        life.start()
        assert life.supervisor.breaker is HALF_OPEN
        waits.append(life.waits(life.crash(after=5.0)))
        assert life.supervisor.breaker is OPEN
    assert waits == [600.0, 1000.0, 1000.0]


def test_a_stable_trial_closes_it_and_all_begins_anew() -> None:
    life = Life()
    life.broken()
    life.start()
    assert life.supervisor.stable_at == life.now + 300.0
    life.now += 299.0
    life.supervisor.on_stable(life.now)
    assert life.supervisor.breaker is HALF_OPEN
    life.now += 1.0
    life.supervisor.on_stable(life.now)
    assert life.supervisor.breaker is CLOSED
    waits = []
    for _ in range(4):
        waits.append(life.waits(life.crash(after=1.0)))
        life.start()
    assert waits == [1.0, 2.0, 4.0, 300.0]


def test_a_trial_that_was_stable_is_so_even_if_nobody_looked_until_it_crashed() -> None:
    life = Life()
    life.broken()
    life.start()
    assert life.waits(life.crash(after=300.0)) == 1.0
    assert life.supervisor.breaker is CLOSED


def test_a_trial_that_ends_with_exit_0_is_a_stop_and_leaves_the_breaker_closed() -> None:
    life = Life()
    life.broken()
    life.start()
    assert life.crash(status=ExitStatus(0)) == Stopped()
    assert life.supervisor.breaker is CLOSED


# --- a person's reset ---


def test_a_reset_closes_the_breaker_and_restarts_now() -> None:
    life = Life()
    life.broken()
    assert life.supervisor.reset(life.now + 7.0) == Restart(life.now + 7.0)
    assert (life.supervisor.breaker, life.supervisor.next_retry_at) == (CLOSED, life.now + 7.0)
    life.start()
    assert life.waits(life.crash()) == 1.0
    assert life.supervisor.restart_count == 4


def test_a_reset_during_a_trial_makes_it_none() -> None:
    life = Life()
    life.broken()
    life.start()
    assert life.supervisor.reset(life.now) is None
    assert life.supervisor.breaker is CLOSED
    assert life.waits(life.crash()) == 1.0


def test_a_reset_leaves_a_healthy_engine_alone() -> None:
    life = Life()
    life.start()
    assert life.supervisor.reset(life.now) is None
    assert life.supervisor.next_retry_at is None
    assert isinstance(life.crash(), Restart)


# --- the bound on restarts ---


def test_restarts_in_the_window_are_bounded_and_it_says_until_when() -> None:
    life = Life(SupervisionPolicy(most_restarts=3, restart_window=3600.0, stable_uptime=100.0))
    life.start()
    first_restart = life.now + 101.0
    for _ in range(3):
        assert life.crash(after=100.0) == Restart(life.now + 1.0)
        life.start()
    assert life.crash(after=100.0) == Restart(first_restart + 3600.0, window_full=True)
    life.start()
    assert life.supervisor.restart_count == 4


def test_a_trial_is_a_restart_and_waits_for_the_window_too() -> None:
    life = Life(SupervisionPolicy(breaker_failures=3, most_restarts=2, restart_window=5000.0, breaker_timeout=300.0))
    life.start()
    first_restart = life.now + 1.0
    life.crash()
    life.crash_again(1)
    life.start()
    assert life.crash() == Broken(first_restart + 5000.0)


def test_a_reset_makes_room() -> None:
    life = Life(SupervisionPolicy(most_restarts=2, restart_window=3600.0))
    *_, last = life.crash_again(3)
    assert life.waits(last) > 3000.0
    assert life.supervisor.reset(life.now) == Restart(life.now)
    first_restart = life.now
    life.start()
    assert life.crash() == Restart(life.now + 1.0)
    life.start()
    assert life.crash() == Restart(first_restart + 3600.0, window_full=True)
