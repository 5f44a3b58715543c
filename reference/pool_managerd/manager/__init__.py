"""The pool manager: the one that serves in process (embedded) and behind HTTP (the daemon)."""

from pool_managerd.manager.config import ManagerConfig
from pool_managerd.manager.pool_manager import Drained, LeaseGrant, PoolManager, Preloaded, Readiness

__all__ = ["Drained", "LeaseGrant", "ManagerConfig", "PoolManager", "Preloaded", "Readiness"]
