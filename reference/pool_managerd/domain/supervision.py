"""What becomes of a pool whose engine fails (PM-SUP-2 to PM-SUP-10). Pure: time and chance are arguments.

One :class:`Supervisor` follows one pool from a preload on, through all incarnations of its engine. It is told what happens, and
answers with what to do; whoever asks does it and tells the next thing. A pool whose engine has never been ready is not restarted:
what does not start even once is wrong, not unlucky.
"""

from dataclasses import dataclass
from enum import Enum, auto

from pool_managerd.domain.backoff import Backoff
from pool_managerd.domain.breaker import Breaker, BreakerState
from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.failures import Failure, name_crash, name_hang
from pool_managerd.domain.restart_window import RestartWindow

HEALTH_CHECKS = 3
"""So many failed health checks in a row make a hang (PM-SUP-8)."""


@dataclass(frozen=True, slots=True)
class SupervisionPolicy:
    """What the operator decides. Times are in seconds.

    ``stable_uptime`` is how long an engine must have been ready for its past to be forgotten; ``breaker_failures`` in a row open
    the breaker; of ``most_restarts`` in any ``restart_window`` there is none more.
    """

    backoff_initial: float = 1.0
    backoff_longest: float = 60.0
    stable_uptime: float = 300.0
    breaker_failures: int = 5
    breaker_timeout: float = 300.0
    breaker_longest: float = 3600.0
    most_restarts: int = 10
    restart_window: float = 3600.0


@dataclass(frozen=True, slots=True)
class Restart:
    """Start the engine again at ``at``, monotonic seconds.

    ``window_full`` where the bound on restarts makes that later than the back-off would (PM-SUP-6).
    """

    at: float
    window_full: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """No restart before ``until``, monotonic seconds; then exactly one trial."""

    until: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """The engine ended by itself, with exit code 0: it is not started again (PM-SUP-7)."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The engine never was ready: it is not started again."""


@dataclass(frozen=True, slots=True)
class EndEngine:
    """The pool is not ready from now on; end its engine, and tell its exit (PM-SUP-8)."""


Decision = Restart | Broken | Stopped | Failed


class _Phase(Enum):
    NEW = auto()
    STARTING = auto()
    SERVING = auto()
    ENDING = auto()
    """It hangs, and is being ended."""
    WAITING = auto()
    OVER = auto()


class Supervisor:
    """The supervision of one pool; ``now`` is always the caller's monotonic time in seconds.

    For the status (PM-SUP-10): ``restart_count``, which nothing resets; ``next_retry_at`` in monotonic seconds, None unless a
    restart is waited for; ``breaker``; and ``last_failure``. Raises RuntimeError when it is told what cannot happen now.
    """

    def __init__(self, policy: SupervisionPolicy) -> None:
        self.restart_count = 0
        self.next_retry_at: float | None = None
        self.last_failure: Failure | None = None
        self.stable_at: float | None = None
        """When the engine that serves now has proved itself: time for :meth:`on_stable`. None when it has, or none serves."""
        self._policy = policy
        self._backoff = Backoff(policy.backoff_initial, policy.backoff_longest)
        self._breaker = Breaker(policy.breaker_failures, policy.breaker_timeout, policy.breaker_longest)
        self._window = RestartWindow(policy.most_restarts, policy.restart_window)
        self._phase = _Phase.NEW
        self._was_ready = False
        self._failed_checks = 0

    @property
    def breaker(self) -> BreakerState:
        """The state of the breaker."""
        return self._breaker.state

    def on_started(self, now: float) -> None:
        """An engine is about to be spawned: an attempt that cannot even be spawned is one, too."""
        self._expect(_Phase.NEW, _Phase.WAITING)
        if self._phase is _Phase.WAITING:
            self.restart_count += 1
            self._window.add(now)
            if self._breaker.state is BreakerState.OPEN:
                self._breaker.begin_trial()
        self.next_retry_at = None
        self._phase = _Phase.STARTING

    def on_ready(self, now: float) -> None:
        """The engine answered healthy for the first time."""
        self._expect(_Phase.STARTING)
        self._was_ready = True
        self._failed_checks = 0
        self.stable_at = now + self._policy.stable_uptime
        self._phase = _Phase.SERVING

    def on_stable(self, now: float) -> None:
        """Forget the failures once ``stable_at`` has come (PM-SUP-3, PM-SUP-4); does nothing before.

        Whatever else is told comes to the same; this lets the status show it in time.
        """
        if self.stable_at is not None and now >= self.stable_at:
            self.stable_at = None
            self._backoff.reset()
            self._breaker.close()

    def on_health(self, now: float, ok: bool) -> EndEngine | None:
        """A health check of the serving engine came back; what comes back later than that is ignored (PM-SUP-8)."""
        if self._phase is not _Phase.SERVING:
            return None
        self._failed_checks = 0 if ok else self._failed_checks + 1
        if self._failed_checks < HEALTH_CHECKS:
            return None
        self.on_stable(now)
        self.stable_at = None
        self._phase = _Phase.ENDING
        return EndEngine()

    def on_exit(
        self, now: float, status: ExitStatus, *, jitter: float, output: str = "", oom_kills: int | None = None
    ) -> Decision:
        """The engine's process has ended, and nobody wanted it to but :class:`EndEngine`.

        ``jitter`` is -1 to 1, see :meth:`Backoff.delay`; ``output`` and ``oom_kills`` as for
        :func:`~pool_managerd.domain.failures.name_crash`.
        """
        self._expect(_Phase.STARTING, _Phase.SERVING, _Phase.ENDING)
        self.on_stable(now)
        if self._phase is _Phase.ENDING:
            # Ended on purpose it may well say 0.
            return self._fail(now, name_hang(HEALTH_CHECKS, output), jitter)
        if self._phase is _Phase.SERVING and status.ok:
            self._breaker.close()
            self._end(_Phase.OVER)
            return Stopped()
        return self._fail(now, name_crash(status, output, oom_kills), jitter)

    def on_not_started(self, now: float, failure: Failure, *, jitter: float) -> Decision:
        """The engine could not be spawned, or was not healthy in time and was ended."""
        self._expect(_Phase.STARTING)
        return self._fail(now, failure, jitter)

    def on_ended(self) -> None:
        """Drain, reload or DELETE ended the engine, or the wait for its restart: that is no failure, and calls for no restart.

        Failures before it are forgotten: whoever ended it dealt with them. When it is started next, that is no restart either.
        """
        self._backoff.reset()
        self._breaker.close()
        self.next_retry_at = None
        self._end(_Phase.NEW)

    def reset(self, now: float) -> Restart | None:
        """A person says that the cause is gone: all is forgotten but ``restart_count`` (PM-SUP-5).

        Returns what to do where a restart is waited for: it need not be waited for any longer.
        """
        self._backoff.reset()
        self._breaker.close()
        self._window.clear()
        if self._phase is not _Phase.WAITING:
            return None
        self.next_retry_at = now
        return Restart(now)

    def _fail(self, now: float, failure: Failure, jitter: float) -> Decision:
        self.last_failure = failure
        if not self._was_ready:
            self._end(_Phase.OVER)
            return Failed()
        self._end(_Phase.WAITING)
        open_until = self._breaker.fail(now)
        if open_until is not None:
            until = self.next_retry_at = self._window.earliest(open_until)
            return Broken(until)
        wanted = now + self._backoff.delay(jitter)
        at = self.next_retry_at = self._window.earliest(wanted)
        return Restart(at, window_full=at > wanted)

    def _end(self, phase: _Phase) -> None:
        self.stable_at = None
        self._phase = phase

    def _expect(self, *phases: _Phase) -> None:
        if self._phase not in phases:
            raise RuntimeError(f"not possible while {self._phase.name.lower()}")
