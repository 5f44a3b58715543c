"""A supervised pool, and the time that passes for it."""

from pool_managerd.domain.breaker import BreakerState
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.supervision import (
    Broken,
    Decision,
    Restart,
    SupervisionPolicy,
    Supervisor,
)

POLICY = SupervisionPolicy(
    backoff_initial=1.0,
    backoff_longest=60.0,
    stable_uptime=300.0,
    breaker_failures=4,
    breaker_timeout=300.0,
    breaker_longest=1000.0,
    most_restarts=100,
    restart_window=3600.0,
)
BADLY = ExitStatus(1)
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


class Life:
    """A supervisor, and the time that passes for it. The engine's past is one crash-free start unless a test says otherwise."""

    def __init__(self, policy: SupervisionPolicy = POLICY) -> None:
        self.now = 1000.0
        self.supervisor = Supervisor(policy)

    def start(self) -> None:
        """Spawn when it is time, and become ready."""
        self.now = max(self.now, self.supervisor.next_retry_at or self.now)
        self.supervisor.on_started(self.now)
        self.supervisor.on_ready(self.now)

    def crash(self, after: float = 0.0, status: ExitStatus = BADLY, *, jitter: float = 0.0) -> Decision:
        self.now += after
        return self.supervisor.on_exit(self.now, status, jitter=jitter)

    def crash_again(self, times: int) -> list[Decision]:
        """Start and crash at once, again and again."""
        decisions = []
        for _ in range(times):
            self.start()
            decisions.append(self.crash())
        return decisions

    def broken(self) -> Broken:
        decision = self.crash_again(POLICY.breaker_failures)[-1]
        assert isinstance(decision, Broken)
        return decision

    def waits(self, decision: Decision) -> float:
        """How long from now the decision says to wait."""
        assert isinstance(decision, Restart | Broken)
        assert self.supervisor.next_retry_at == (decision.at if isinstance(decision, Restart) else decision.until)
        return self.supervisor.next_retry_at - self.now
