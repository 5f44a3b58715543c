"""The one error tree of orchestratord.

::

    OrchestratorError
    ├── PoolManagerError            asking the pool manager did not work
    │   ├── InvalidPoolId           the id cannot be sent
    │   ├── PoolManagerUnavailable  no usable answer came
    │   │   ├── Unreachable         no connection could be made: refused, no route, DNS
    │   │   ├── TimedOut            the deadline passed
    │   │   ├── ConnectionLost      the connection broke, or what came over it is not HTTP
    │   │   └── ProtocolViolation   a whole answer that the contract does not allow
    │   └── Rejected                an error answer: status, code, detail
    │       ├── Unauthorised        401, 403
    │       ├── UnknownPool         404, or 400 for an id that no pool can have
    │       ├── RouteNotFound       404 or 405 that says nothing about the pool
    │       ├── Conflict            409
    │       │   └── PoolNotReady    409 to a lease
    │       ├── LeaseLost           410
    │       └── NoFreeSlot          429
    ├── PoolUnready                 the gate refuses a task
    ├── EngineFailed                the engine did not finish its answer
    ├── ShuttingDown                orchestratord ends, and with it the stream
    ├── UnknownTask                 no such task
    ├── TaskAlreadyOpened           the stream of a task is opened once
    ├── TooManyTasks                no room for another task
    └── StartupRefused              orchestratord cannot start
        └── InvalidSettings         a setting is missing or wrong
"""

from typing import ClassVar


class OrchestratorError(Exception):
    """Base of everything orchestratord raises on purpose; ``str(error)`` is the explanation for a person."""


class PoolManagerError(OrchestratorError):
    """The pool manager was asked in vain."""


class InvalidPoolId(PoolManagerError):
    """The id is empty or not Unicode: no request can carry it."""

    def __init__(self) -> None:
        super().__init__("invalid_pool_id: a pool id is a non-empty text")


class PoolManagerUnavailable(PoolManagerError):
    """No usable answer came (OR-DEG-1)."""


class Unreachable(PoolManagerUnavailable):
    """No connection could be made: refused, no route, DNS failure. The only cause that engages the fallback (OR-FALLBACK-1)."""


class TimedOut(PoolManagerUnavailable):
    """The whole exchange was not over within the deadline (OR-DEG-2)."""


class ConnectionLost(PoolManagerUnavailable):
    """The connection broke before the answer was complete, or what came over it is not HTTP."""


class ProtocolViolation(PoolManagerUnavailable):
    """A complete answer that the contract does not allow: malformed, mistyped, another pool's, a redirect, too long."""


class Rejected(PoolManagerError):
    """An error answer: ``status``, ``code`` (None from a daemon that has none) and ``detail``."""

    def __init__(self, status: int, code: str | None, detail: str) -> None:
        super().__init__(f"{code or f'HTTP {status}'}: {detail}" if detail else code or f"HTTP {status}")
        self.status = status
        self.code = code
        self.detail = detail


class Unauthorised(Rejected):
    """The token is missing or wrong."""


class UnknownPool(Rejected):
    """The pool manager has no such pool."""


class RouteNotFound(Rejected):
    """The pool manager does not serve this call, as far as its answer tells; it may also not know the pool."""


class Conflict(Rejected):
    """The pool has another engine, or is being stopped."""


class PoolNotReady(Conflict):
    """The pool gives no leases in its present state (PM-LEASE-2)."""


class LeaseLost(Rejected):
    """The lease is no longer held."""


class NoFreeSlot(Rejected):
    """Every slot is leased (PM-LEASE-2). ``retry_after`` is in seconds; None where the pool manager does not say."""

    def __init__(self, status: int, code: str | None, detail: str, retry_after: float | None) -> None:
        super().__init__(status, code, detail)
        self.retry_after = retry_after


class PoolUnready(OrchestratorError):
    """The pool takes no task now; ``retry_after`` is in seconds (OR-GATE-2)."""

    def __init__(self, why: str, retry_after: float) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class EngineFailed(OrchestratorError):
    """The engine refused the task, or its answer ended early."""


class ShuttingDown(OrchestratorError):
    """orchestratord ends, and with it the stream."""

    def __init__(self) -> None:
        super().__init__("orchestratord is shutting down")


class UnknownTask(OrchestratorError):
    """No task of that id, or it was dropped long after its end."""

    code: ClassVar[str] = "unknown_task"

    def __init__(self) -> None:
        super().__init__("no such task")


class TaskAlreadyOpened(OrchestratorError):
    """The stream of a task can be opened once."""

    code: ClassVar[str] = "task_already_opened"

    def __init__(self) -> None:
        super().__init__("the stream of this task was opened before")


class TooManyTasks(OrchestratorError):
    """Every place is held by a task that is not finished."""

    code: ClassVar[str] = "too_many_tasks"

    def __init__(self) -> None:
        super().__init__("too many unfinished tasks")


class StartupRefused(OrchestratorError):
    """orchestratord cannot start; the command line prints this in one line and exits 2 (OR-CFG-1, OR-CFG-2)."""


class InvalidSettings(StartupRefused):
    """A setting is missing or wrong."""
