from hypothesis import given
from hypothesis import strategies as st

from orchestratord.client.pacing import MOST_A_SECOND, PROBE_INTERVAL, Attempt, Pacer, Refuse, Wait
from orchestratord.errors import TimedOut, Unreachable

CAUSE = Unreachable("refused")


def begin(pacer: Pacer, now: float, **more: bool) -> Attempt:
    decision = pacer.ask(now, asked_at=now, **more)
    assert isinstance(decision, Attempt), decision
    return decision


def broken_at(now: float) -> Pacer:
    pacer = Pacer()
    pacer.failed(begin(pacer, now), CAUSE)
    return pacer


def test_answered_attempts_do_not_count() -> None:
    pacer = Pacer()
    for _ in range(1000):
        pacer.answered(begin(pacer, 0.0))
    assert not pacer.is_down


def test_no_more_than_four_are_under_way_until_one_is_answered() -> None:
    pacer = Pacer()
    attempts = [begin(pacer, 0.0) for _ in range(MOST_A_SECOND)]
    assert pacer.ask(0.1, asked_at=0.1) == Wait(1.0)
    pacer.answered(attempts[2])
    begin(pacer, 0.1)


def test_slow_answers_stop_nobody_for_more_than_a_second() -> None:
    pacer = Pacer()
    for _ in range(MOST_A_SECOND):
        begin(pacer, 0.0)
    begin(pacer, 1.0)


def test_while_down_callers_fail_at_once_with_the_cause() -> None:
    pacer = broken_at(0.0)
    assert pacer.ask(0.01, asked_at=0.01) == Refuse(CAUSE)


def test_while_down_one_caller_probes_in_every_interval() -> None:
    pacer = broken_at(0.0)
    probe = begin(pacer, PROBE_INTERVAL)
    assert isinstance(pacer.ask(PROBE_INTERVAL, asked_at=PROBE_INTERVAL), Wait)
    pacer.failed(probe, TimedOut("late"))
    refusal = pacer.ask(PROBE_INTERVAL + 0.01, asked_at=PROBE_INTERVAL)
    assert isinstance(refusal, Refuse)
    assert isinstance(refusal.cause, TimedOut)


def test_callers_wait_for_a_probe_under_way_but_not_long() -> None:
    pacer = broken_at(0.0)
    begin(pacer, PROBE_INTERVAL)
    assert pacer.ask(0.3, asked_at=0.3) == Wait(2 * PROBE_INTERVAL)
    assert isinstance(pacer.ask(0.49, asked_at=0.1), Refuse)


def test_a_probe_that_hangs_does_not_keep_the_next_one_back() -> None:
    pacer = broken_at(0.0)
    begin(pacer, 0.25)
    begin(pacer, 0.5)


def test_an_answer_ends_the_outage() -> None:
    pacer = broken_at(0.0)
    pacer.answered(begin(pacer, 0.25))
    assert not pacer.is_down
    begin(pacer, 0.26)


def test_a_failure_that_is_older_than_the_last_answer_says_nothing() -> None:
    pacer = Pacer()
    stalled = begin(pacer, 0.0)
    pacer.answered(begin(pacer, 0.1))
    pacer.failed(stalled, CAUSE)
    assert not pacer.is_down


def test_a_retry_need_not_keep_the_interval_but_counts() -> None:
    pacer = broken_at(0.0)
    for now in (0.1, 0.2, 0.3):
        pacer.failed(begin(pacer, now, is_retry=True), CAUSE)
    assert isinstance(pacer.ask(0.4, asked_at=0.4, is_retry=True), Refuse)


def test_an_abandoned_attempt_counts_and_says_nothing() -> None:
    pacer = Pacer()
    for _ in range(MOST_A_SECOND):
        pacer.abandoned(begin(pacer, 0.0))
    assert not pacer.is_down
    assert isinstance(pacer.ask(0.0, asked_at=0.0), Wait)


steps = st.lists(
    st.tuples(st.floats(0.0, 0.4), st.sampled_from(["ask", "retry", "fail oldest", "fail newest", "abandon"])), max_size=200
)


@given(steps)
def test_a_daemon_that_never_answers_sees_at_most_so_many_in_any_second(plan: list[tuple[float, str]]) -> None:
    pacer, now, began = Pacer(), 0.0, list[float]()
    under_way: list[Attempt] = []
    for pause, what in plan:
        now += pause
        if what in ("ask", "retry"):
            decision = pacer.ask(now, asked_at=now, is_retry=what == "retry")
            if isinstance(decision, Attempt):
                began.append(now)
                under_way.append(decision)
        elif under_way:
            attempt = under_way.pop(-1 if what == "fail newest" else 0)
            pacer.abandoned(attempt) if what == "abandon" else pacer.failed(attempt, CAUSE)
    for start in began:
        assert sum(start <= other < start + 1.0 for other in began) <= MOST_A_SECOND


@given(steps)
def test_a_second_after_the_last_attempt_the_next_one_may_begin(plan: list[tuple[float, str]]) -> None:
    pacer, now, last = Pacer(), 0.0, 0.0
    under_way: list[Attempt] = []
    for pause, what in plan:
        now += pause
        if what in ("ask", "retry"):
            decision = pacer.ask(now, asked_at=now, is_retry=what == "retry")
            if isinstance(decision, Attempt):
                under_way.append(decision)
                last = now
        elif under_way:
            pacer.failed(under_way.pop(), CAUSE)
    begin(pacer, max(now, last + 1.0))
