"""The supervisor against a model that keeps nothing but what happened, and works everything out from that, each time anew."""

from dataclasses import dataclass
from enum import Enum, auto

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pool_managerd.domain.breaker import BreakerState
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.failures import Failure, FailureKind
from pool_managerd.domain.supervision import (
    Broken,
    Decision,
    EndEngine,
    Failed,
    Restart,
    Stopped,
    SupervisionPolicy,
    Supervisor,
)

POLICY = SupervisionPolicy(
    backoff_initial=1.0,
    backoff_longest=3.0,
    stable_uptime=20.0,
    breaker_failures=4,
    breaker_timeout=15.0,
    breaker_longest=50.0,
    most_restarts=5,
    restart_window=150.0,
)

JITTERS = st.one_of(st.sampled_from([-1.0, 0.0, 1.0]), st.floats(min_value=-1, max_value=1))
BADLY = [ExitStatus(1), ExitStatus(137), ExitStatus(-6), ExitStatus(-9), ExitStatus(None)]
UPTIMES = st.one_of(st.sampled_from([0.0, 20.0]), st.floats(min_value=0, max_value=25))
ANSWERS = st.lists(st.booleans(), max_size=6)
RARELY = st.sampled_from([True] + [False] * 5)
"""What ends a run of failures is rare, else no run gets long."""
SPAWN_FAILED = Failure(FailureKind.SPAWN_FAILED, "no such file")


@dataclass(frozen=True)
class Life:
    """One incarnation of an engine: what it did from its start to its end, and whether it took a person to start it."""

    after_reset: bool
    gets_ready: bool
    uptime: float
    answers: list[bool]
    status: ExitStatus
    jitter: float


LIVES = st.builds(
    Life,
    after_reset=RARELY,
    gets_ready=st.sampled_from([True, True, False]),
    uptime=UPTIMES,
    answers=ANSWERS,
    status=st.sampled_from([*BADLY * 5, ExitStatus(0)]),
    jitter=JITTERS,
)


class What(Enum):
    FIRST_START = auto()
    RESTART = auto()
    READY = auto()
    PROVED = auto()
    FAILED = auto()
    STOPPED = auto()
    RESET = auto()
    ENDED = auto()


class Engine(Enum):
    """What there is of an engine."""

    NONE_YET = auto()
    LOADING = auto()
    SERVING = auto()
    HANGING = auto()
    AWAITED = auto()
    GIVEN_UP = auto()


@dataclass(frozen=True)
class Happened:
    what: What
    at: float


class History:
    """All that happened to one pool, the oldest first."""

    def __init__(self) -> None:
        self.events: list[Happened] = []

    def add(self, what: What, at: float) -> None:
        self.events.append(Happened(what, at))

    def since(self, *marks: What) -> list[Happened]:
        """What came after the last of ``marks``."""
        last = max((number for number, event in enumerate(self.events) if event.what in marks), default=-1)
        return self.events[last + 1 :]

    def count(self, what: What) -> int:
        return sum(1 for event in self.events if event.what is what)

    @property
    def failures_in_a_row(self) -> int:
        forgiving = self.since(What.PROVED, What.RESET, What.ENDED, What.STOPPED)
        return sum(1 for event in forgiving if event.what is What.FAILED)

    def room_from(self, wanted: float) -> float:
        """The first moment from ``wanted`` on at which one more restart is within the bound."""
        restarts = [event.at for event in self.since(What.RESET) if event.what is What.RESTART]
        leaving = [restart + POLICY.restart_window for restart in restarts]
        moments = sorted(moment for moment in [wanted, *leaving] if moment >= wanted)
        return next(moment for moment in moments if sum(1 for end in leaving if end > moment) < POLICY.most_restarts)

    def decide(self, now: float, jitter: float) -> Decision:
        """What the failure that is last in here calls for."""
        if not self.count(What.READY):
            return Failed()
        row = self.failures_in_a_row
        if row >= POLICY.breaker_failures:
            lasts = min(POLICY.breaker_timeout * 2 ** (row - POLICY.breaker_failures), POLICY.breaker_longest)
            return Broken(self.room_from(now + lasts))
        wanted = now + min(POLICY.backoff_initial * 2 ** (row - 1), POLICY.backoff_longest) * (1 + 0.1 * jitter)
        at = self.room_from(wanted)
        return Restart(at, window_full=at > wanted)


class SupervisorAgainstHistory(RuleBasedStateMachine):
    """A world with a clock and at most one engine, that does what the supervisor decides."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.begin()

    def begin(self) -> None:
        self.supervisor = Supervisor(POLICY)
        self.history = History()
        self.engine = Engine.NONE_YET
        self.due: float | None = None
        self.ready_at: float | None = None
        self.checks: list[bool] = []

    def look_at_the_clock(self) -> None:
        """Before anything else happens: an engine that has served long enough proved itself then."""
        if self.ready_at is not None and self.now >= self.ready_at + POLICY.stable_uptime:
            self.history.add(What.PROVED, self.now)
            self.ready_at = None

    def check(self, decision: Decision, jitter: float) -> None:
        self.history.add(What.FAILED, self.now)
        expected = self.history.decide(self.now, jitter)
        assert type(decision) is type(expected)
        self.ready_at = None
        match decision, expected:
            case Restart(), Restart():
                assert decision.at == pytest.approx(expected.at, abs=1e-9)
                assert decision.window_full == expected.window_full
                self.engine, self.due = Engine.AWAITED, decision.at
            case Broken(), Broken():
                assert decision.until == pytest.approx(expected.until, abs=1e-9)
                self.engine, self.due = Engine.AWAITED, decision.until
            case _:
                self.engine = Engine.GIVEN_UP

    # --- time ---

    @rule(seconds=st.one_of(st.floats(min_value=0, max_value=30), st.sampled_from([0.0, 20.0, 100.0, 1000.0])))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.supervisor.stable_at is not None)
    @rule()
    def it_is_time_to_have_proved_itself(self) -> None:
        assert self.supervisor.stable_at is not None
        self.now = max(self.now, self.supervisor.stable_at)
        self.look_at_the_clock()
        self.supervisor.on_stable(self.now)
        assert self.supervisor.stable_at is None

    @rule()
    def somebody_asks_whether_it_is_stable(self) -> None:
        self.look_at_the_clock()
        self.supervisor.on_stable(self.now)

    # --- the engine ---

    @precondition(lambda self: self.engine is Engine.NONE_YET)
    @rule()
    def start_first(self) -> None:
        self.supervisor.on_started(self.now)
        self.history.add(What.FIRST_START, self.now)
        self.engine = Engine.LOADING

    @precondition(lambda self: self.engine is Engine.AWAITED)
    @rule(late=st.sampled_from([0.0, 0.0, 0.5]))
    def restart_when_due(self, late: float) -> None:
        assert self.due is not None
        self.now = max(self.now, self.due) + late
        self.supervisor.on_started(self.now)
        self.history.add(What.RESTART, self.now)
        self.engine, self.due = Engine.LOADING, None

    @precondition(lambda self: self.engine is Engine.LOADING)
    @rule()
    def get_ready(self) -> None:
        self.supervisor.on_ready(self.now)
        self.history.add(What.READY, self.now)
        self.engine, self.ready_at, self.checks = Engine.SERVING, self.now, []

    @precondition(lambda self: self.engine in (Engine.LOADING, Engine.SERVING, Engine.HANGING))
    @rule(status=st.sampled_from(BADLY), jitter=JITTERS)
    def crash(self, status: ExitStatus, jitter: float) -> None:
        self.look_at_the_clock()
        self.check(self.supervisor.on_exit(self.now, status, jitter=jitter), jitter)

    @precondition(lambda self: self.engine in (Engine.LOADING, Engine.SERVING, Engine.HANGING))
    @rule(jitter=JITTERS)
    def exit_with_0(self, jitter: float) -> None:
        self.look_at_the_clock()
        decision = self.supervisor.on_exit(self.now, ExitStatus(0), jitter=jitter)
        if self.engine is not Engine.SERVING:
            self.check(decision, jitter)
            return
        assert decision == Stopped()
        self.history.add(What.STOPPED, self.now)
        self.engine, self.ready_at = Engine.GIVEN_UP, None

    @precondition(lambda self: self.engine is Engine.LOADING)
    @rule(jitter=JITTERS)
    def cannot_be_spawned(self, jitter: float) -> None:
        self.check(self.supervisor.on_not_started(self.now, SPAWN_FAILED, jitter=jitter), jitter)

    @rule(answers=ANSWERS)
    def answer_health_checks(self, answers: list[bool]) -> None:
        for ok in answers:
            self.look_at_the_clock()
            decision = self.supervisor.on_health(self.now, ok)
            hangs = False
            if self.engine is Engine.SERVING:
                self.checks.append(ok)
                hangs = self.checks[-3:] == [False, False, False]
            assert decision == (EndEngine() if hangs else None)
            if hangs:
                self.engine, self.ready_at = Engine.HANGING, None
                assert self.supervisor.stable_at is None

    @precondition(lambda self: self.engine in (Engine.NONE_YET, Engine.AWAITED))
    @rule(lives=st.lists(LIVES, min_size=1, max_size=8))
    def live_and_die_often(self, lives: list[Life]) -> None:
        for life in lives:
            if self.engine is Engine.NONE_YET:
                self.start_first()
                self.get_ready()
            else:
                self.reset(life.after_reset)
                self.restart_when_due(0.0)
                if life.gets_ready:
                    self.get_ready()
            self.now += life.uptime
            self.answer_health_checks(life.answers)
            if life.status.ok:
                self.exit_with_0(life.jitter)
            else:
                self.crash(life.status, life.jitter)
            if self.engine is Engine.GIVEN_UP:
                return

    # --- people ---

    @rule(does=RARELY)
    def reset(self, does: bool) -> None:
        if not does:
            return
        decision = self.supervisor.reset(self.now)
        self.look_at_the_clock()
        self.history.add(What.RESET, self.now)
        assert decision == (Restart(self.now) if self.engine is Engine.AWAITED else None)
        if decision is not None:
            self.due = self.now

    @rule(does=RARELY)
    def end_on_purpose(self, does: bool) -> None:
        if not does:
            return
        self.supervisor.on_ended()
        self.look_at_the_clock()
        self.history.add(What.ENDED, self.now)
        self.engine, self.due, self.ready_at = Engine.NONE_YET, None, None

    @precondition(lambda self: self.engine is Engine.GIVEN_UP)
    @rule()
    def begin_anew(self) -> None:
        self.begin()

    # --- what holds always ---

    @invariant()
    def what_the_status_shows_is_what_happened(self) -> None:
        assert self.supervisor.restart_count == self.history.count(What.RESTART)
        assert self.supervisor.next_retry_at == self.due
        assert (self.supervisor.last_failure is None) == (self.history.count(What.FAILED) == 0)

    @invariant()
    def the_breaker_is_open_while_it_waits_and_half_open_during_a_trial(self) -> None:
        self.look_at_the_clock()
        if self.supervisor.stable_at is not None and self.now >= self.supervisor.stable_at:
            return
        row = self.history.failures_in_a_row
        tripped = row >= POLICY.breaker_failures and self.engine is not Engine.GIVEN_UP
        when_tripped = BreakerState.OPEN if self.engine is Engine.AWAITED else BreakerState.HALF_OPEN
        assert self.supervisor.breaker is (when_tripped if tripped else BreakerState.CLOSED)

    @invariant()
    def it_is_waited_for_stability_only_while_there_is_something_to_prove(self) -> None:
        if self.ready_at is not None:
            assert self.supervisor.stable_at == self.ready_at + POLICY.stable_uptime
        else:
            assert self.supervisor.stable_at is None or self.now >= self.supervisor.stable_at


TestSupervisorAgainstHistory = SupervisorAgainstHistory.TestCase
