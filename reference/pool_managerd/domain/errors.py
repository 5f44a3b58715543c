"""The one error tree of pool_managerd.

::

    PoolManagerError
    ├── InvalidPoolId            the id is not 1-128 of A-Z a-z 0-9 . _ -
    ├── PoolIdMismatch           the path and the body name different pools
    ├── UnknownPool              no such pool
    ├── EngineConflict           the pool already has another engine
    ├── PoolStopping             the pool is being stopped
    ├── PoolDraining             the pool finishes what it has, and starts nothing
    ├── PoolNotReady             the pool takes no work now
    ├── NoFreeSlot               every slot is leased
    ├── LeaseLost                the lease ended, or never was
    ├── ManagerClosing           the manager is shutting down
    ├── PreloadRefused           nothing was spawned
    │   ├── EngineNotAllowed     the binary is outside the operator's engine folders
    │   ├── HostNotAllowed       the engine would listen on an address without the operator's consent
    │   ├── BinaryNotFound       no such file, or a folder
    │   └── BinaryNotExecutable  a file that cannot be executed
    ├── EngineFailed             the engine did not become ready
    │   ├── SpawnFailed          the system could not start it
    │   ├── EngineExited         it ended while loading
    │   └── StartupTimeout       it was not healthy in time
    └── StartupRefused           the daemon cannot start
        ├── InvalidSettings      a setting is missing or wrong
        ├── InvalidPoolsFile     pools.toml cannot be used
        └── RunDirInUse          another daemon holds the run directory
"""

from typing import ClassVar


class PoolManagerError(Exception):
    """Base of everything pool_managerd raises on purpose.

    ``code`` is stable and part of the contract; ``str(error)`` is the explanation for a person.
    """

    code: ClassVar[str] = "pool_manager_error"


class InvalidPoolId(PoolManagerError):
    """The pool id cannot be used (PM-PRELOAD-9)."""

    code = "invalid_pool_id"

    def __init__(self) -> None:
        super().__init__("a pool id is 1 to 128 of A-Z a-z 0-9 . _ - and does not start with a dot")


class PoolIdMismatch(PoolManagerError):
    """The path and ``prepared.pool_id`` differ (PM-PRELOAD-3)."""

    code = "pool_id_mismatch"

    def __init__(self, path_id: str, body_id: str) -> None:
        super().__init__(f"the path names pool {path_id!r}, prepared.pool_id names {body_id!r}")


class UnknownPool(PoolManagerError):
    """No pool of that id was preloaded (PM-STATUS-2)."""

    code = "unknown_pool"

    def __init__(self, pool_id: str) -> None:
        super().__init__(f"no pool {pool_id!r}")


class EngineConflict(PoolManagerError):
    """Another PreparedEngine is loading or running in the pool (PM-PRELOAD-7)."""

    code = "engine_conflict"

    def __init__(self, pool_id: str) -> None:
        super().__init__(f"pool {pool_id!r} has another engine; delete the pool before you preload a different one")


class PoolStopping(PoolManagerError):
    """The pool is being stopped."""

    code = "pool_stopping"

    def __init__(self, pool_id: str) -> None:
        super().__init__(f"pool {pool_id!r} is being stopped")


class PoolDraining(PoolManagerError):
    """The pool finishes what it has and starts nothing (PM-DRAIN-1)."""

    code = "pool_draining"

    def __init__(self, pool_id: str) -> None:
        super().__init__(f"pool {pool_id!r} is draining")


class PoolNotReady(PoolManagerError):
    """The pool takes no work in its present state (PM-LEASE-2)."""

    code = "pool_not_ready"

    def __init__(self, pool_id: str, state: str) -> None:
        super().__init__(f"pool {pool_id!r} is {state}, not ready")


class NoFreeSlot(PoolManagerError):
    """Every slot is leased (PM-LEASE-2). ``retry_after`` is in seconds."""

    code = "no_free_slot"

    def __init__(self, pool_id: str, slots_total: int, retry_after: float) -> None:
        super().__init__(f"all {slots_total} slots of pool {pool_id!r} are leased")
        self.retry_after = retry_after


class LeaseLost(PoolManagerError):
    """The lease expired, was released, or ended with its engine."""

    code = "lease_lost"

    def __init__(self, pool_id: str) -> None:
        super().__init__(f"the lease is not, or no longer, held on pool {pool_id!r}")


class ManagerClosing(PoolManagerError):
    """The manager is shutting down and starts nothing."""

    code = "shutting_down"

    def __init__(self) -> None:
        super().__init__("the pool manager is shutting down")


class PreloadRefused(PoolManagerError):
    """The preload was refused before anything was spawned."""

    code = "preload_refused"


class EngineNotAllowed(PreloadRefused):
    """The binary is not inside the operator's engine folders."""

    code = "engine_not_allowed"


class HostNotAllowed(PreloadRefused):
    """The engine would listen on an address the operator did not consent to."""

    code = "host_not_allowed"


class BinaryNotFound(PreloadRefused):
    """``binary_path`` is not a file (PM-PRELOAD-5)."""

    code = "binary_not_found"


class BinaryNotExecutable(PreloadRefused):
    """``binary_path`` cannot be executed (PM-PRELOAD-5)."""

    code = "binary_not_executable"


class EngineFailed(PoolManagerError):
    """The engine did not become ready."""

    code = "engine_failed"


class SpawnFailed(EngineFailed):
    """The system could not start the process."""

    code = "spawn_failed"


class EngineExited(EngineFailed):
    """The engine ended while it was loading (PM-READY-3)."""

    code = "engine_exited"


class StartupTimeout(EngineFailed):
    """The engine was not healthy within the start-up time-out (PM-READY-4)."""

    code = "startup_timeout"


class StartupRefused(PoolManagerError):
    """The daemon cannot start; the command line prints this in one line and exits 2."""

    code = "startup_refused"


class InvalidSettings(StartupRefused):
    """A setting is missing or wrong."""

    code = "invalid_settings"


class InvalidPoolsFile(StartupRefused):
    """pools.toml cannot be read or does not fit."""

    code = "invalid_pools_file"


class RunDirInUse(StartupRefused):
    """Another daemon holds the run directory (PM-DUR-6)."""

    code = "run_dir_in_use"
