"""What becomes of a pool whose engine fails, rule by rule (PM-SUP-2 to PM-SUP-10)."""

import pytest

from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.failures import Failure, FailureKind
from pool_managerd.domain.supervision import (
    EndEngine,
    Failed,
    Restart,
    Stopped,
    SupervisionPolicy,
    Supervisor,
)
from tests.pool_managerd.domain.life import BADLY, CLOSED, POLICY, Life

# --- back-off ---


def test_crashes_in_a_row_are_waited_for_twice_as_long_each_time() -> None:
    life = Life(SupervisionPolicy(breaker_failures=100, most_restarts=100))
    waits = []
    for _ in range(8):
        life.start()
        waits.append(life.waits(life.crash(after=10.0)))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(("jitter", "wait"), [(-1.0, 0.9), (0.5, 1.05), (1.0, 1.1)])
def test_a_wait_has_the_jitter_that_is_given(jitter: float, wait: float) -> None:
    life = Life()
    life.start()
    assert life.waits(life.crash(jitter=jitter)) == pytest.approx(wait)


def test_stable_uptime_resets_the_delay_and_never_the_count() -> None:
    life = Life()
    life.crash_again(3)
    life.start()
    assert life.waits(life.crash(after=300.0)) == 1.0
    life.start()
    assert life.supervisor.restart_count == 4


def test_uptime_that_is_not_quite_stable_resets_nothing() -> None:
    life = Life()
    life.crash_again(2)
    life.start()
    assert life.waits(life.crash(after=299.9)) == pytest.approx(4.0)


def test_uptime_counts_from_ready_and_not_from_the_start() -> None:
    life = Life()
    life.crash_again(2)
    life.now = life.supervisor.next_retry_at or 0.0
    life.supervisor.on_started(life.now)
    life.now += 10_000.0
    life.supervisor.on_ready(life.now)
    assert life.waits(life.crash(after=1.0)) == pytest.approx(4.0)


def test_a_restart_that_does_not_get_ready_is_a_failure_in_the_row() -> None:
    life = Life()
    life.start()
    assert life.waits(life.crash()) == 1.0
    life.supervisor.on_started(life.now)
    assert life.waits(life.crash()) == 2.0
    life.supervisor.on_started(life.now)
    failure = Failure(FailureKind.SPAWN_FAILED, "Text file busy")
    assert life.waits(life.supervisor.on_not_started(life.now, failure, jitter=0.0)) == 4.0
    assert life.supervisor.last_failure == failure


# --- what is not restarted ---


def test_exit_0_of_a_serving_engine_is_a_stop() -> None:
    life = Life()
    life.start()
    assert life.crash(status=ExitStatus(0)) == Stopped()
    assert (life.supervisor.next_retry_at, life.supervisor.last_failure, life.supervisor.breaker) == (None, None, CLOSED)


def test_a_restart_is_waited_for_until_it_begins() -> None:
    life = Life()
    life.start()
    life.crash()
    assert (life.supervisor.next_retry_at, life.supervisor.restart_count) == (life.now + 1.0, 0)
    life.supervisor.on_started(life.now + 1.0)
    assert (life.supervisor.next_retry_at, life.supervisor.restart_count) == (None, 1)


def test_exit_0_before_a_restart_is_ready_is_a_failure() -> None:
    life = Life()
    life.start()
    life.crash()
    life.supervisor.on_started(life.now)
    assert isinstance(life.crash(status=ExitStatus(0)), Restart)


@pytest.mark.parametrize("status", [ExitStatus(0), ExitStatus(1), ExitStatus(-9), ExitStatus(None)])
def test_an_engine_that_never_was_ready_is_not_started_again(status: ExitStatus) -> None:
    life = Life()
    life.supervisor.on_started(life.now)
    assert life.crash(status=status) == Failed()
    assert life.supervisor.next_retry_at is None


def test_an_exit_status_that_nobody_knows_is_a_failure() -> None:
    life = Life()
    life.start()
    assert isinstance(life.crash(status=ExitStatus(None)), Restart)
    assert life.supervisor.last_failure == Failure(FailureKind.EXIT_UNKNOWN, "exit status unknown")


# --- health checks ---


def test_three_failed_health_checks_in_a_row_end_the_engine_and_it_is_restarted() -> None:
    life = Life()
    life.start()
    checks = [life.supervisor.on_health(life.now, ok) for ok in (False, False, True, False, False)]
    assert checks == [None] * 5
    assert life.supervisor.on_health(life.now, ok=False) == EndEngine()
    assert life.waits(life.crash(after=2.0)) == 1.0
    assert life.supervisor.last_failure == Failure(FailureKind.HANG, "3 health checks in a row failed")


@pytest.mark.parametrize("status", [ExitStatus(0), ExitStatus(-15), ExitStatus(-9), ExitStatus(None)])
def test_however_a_hanging_engine_ends_it_is_a_failure_and_no_oom_kill(status: ExitStatus) -> None:
    life = Life()
    life.start()
    for _ in range(3):
        life.supervisor.on_health(life.now, ok=False)
    decision = life.supervisor.on_exit(life.now, status, jitter=0.0, oom_kills=1)
    assert decision == Restart(life.now + 1.0)
    assert life.supervisor.last_failure is not None
    assert life.supervisor.last_failure.kind is FailureKind.HANG


def test_an_engine_is_ended_once() -> None:
    life = Life()
    life.start()
    assert [life.supervisor.on_health(life.now, ok=False) for _ in range(6)] == [None, None, EndEngine(), None, None, None]


def test_a_new_engine_has_all_its_health_checks() -> None:
    life = Life()
    life.start()
    for _ in range(2):
        life.supervisor.on_health(life.now, ok=False)
    life.crash()
    assert life.supervisor.on_health(life.now, ok=False) is None
    life.start()
    assert [life.supervisor.on_health(life.now, ok=False) for _ in range(3)] == [None, None, EndEngine()]


def test_an_engine_that_hangs_after_a_stable_time_was_stable_and_no_longer_proves_itself() -> None:
    life = Life()
    life.crash_again(2)
    life.start()
    life.now += 300.0
    for _ in range(3):
        life.supervisor.on_health(life.now, ok=False)
    assert life.supervisor.stable_at is None
    assert life.waits(life.crash()) == 1.0


def test_the_time_that_a_hanging_engine_takes_to_end_is_no_uptime() -> None:
    life = Life()
    life.crash_again(2)
    life.start()
    life.now += 299.0
    for _ in range(3):
        life.supervisor.on_health(life.now, ok=False)
    assert life.waits(life.crash(after=10.0)) == 4.0


# --- names ---


def test_a_failure_is_named_by_output_and_by_the_kernels_count() -> None:
    life = Life()
    life.start()
    life.supervisor.on_exit(life.now, ExitStatus(-6), jitter=0.0, output="CUDA error: unspecified launch failure\n", oom_kills=0)
    assert life.supervisor.last_failure == Failure(
        FailureKind.GPU_ERROR, "CUDA error (signal SIGABRT): CUDA error: unspecified launch failure"
    )
    life.start()
    life.supervisor.on_exit(life.now, ExitStatus(-9), jitter=0.0, oom_kills=1)
    assert life.supervisor.last_failure is not None
    assert life.supervisor.last_failure.kind is FailureKind.OOM_KILLED


# --- what is ended on purpose ---


def test_what_is_ended_on_purpose_has_not_failed_and_its_next_start_is_no_restart() -> None:
    life = Life()
    life.crash_again(2)
    life.start()
    life.supervisor.on_ended()
    assert (life.supervisor.next_retry_at, life.supervisor.stable_at, life.supervisor.restart_count) == (None, None, 2)
    life.start()
    assert life.supervisor.restart_count == 2
    assert life.waits(life.crash()) == 1.0


def test_a_wait_can_be_ended() -> None:
    life = Life()
    life.broken()
    life.supervisor.on_ended()
    assert (life.supervisor.next_retry_at, life.supervisor.breaker) == (None, CLOSED)


# --- what cannot be ---


def test_what_cannot_happen_is_refused() -> None:
    supervisor = Supervisor(POLICY)
    failure = Failure(FailureKind.STARTUP_TIMEOUT, "too slow")
    with pytest.raises(RuntimeError, match="not possible while new"):
        supervisor.on_ready(0.0)
    with pytest.raises(RuntimeError, match="not possible while new"):
        supervisor.on_exit(0.0, BADLY, jitter=0.0)
    with pytest.raises(RuntimeError, match="not possible while new"):
        supervisor.on_not_started(0.0, failure, jitter=0.0)
    supervisor.on_started(0.0)
    with pytest.raises(RuntimeError, match="not possible while starting"):
        supervisor.on_started(0.0)
    supervisor.on_ready(0.0)
    with pytest.raises(RuntimeError, match="not possible while serving"):
        supervisor.on_not_started(0.0, failure, jitter=0.0)
    supervisor.on_exit(0.0, ExitStatus(0), jitter=0.0)
    with pytest.raises(RuntimeError, match="not possible while over"):
        supervisor.on_started(0.0)
