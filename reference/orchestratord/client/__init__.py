"""The client of a pool manager: ``PoolManagerClient`` for asyncio, ``SyncPoolManagerClient`` for everything else.

Errors are those of :mod:`orchestratord.errors`.
"""

from orchestratord.client.client import PoolManagerClient
from orchestratord.client.models import DaemonHealth, Drained, Lease, PoolPage, PoolStatus, Preloaded, PreparedEngine
from orchestratord.client.sync import SyncPoolManagerClient

__all__ = [
    "DaemonHealth",
    "Drained",
    "Lease",
    "PoolManagerClient",
    "PoolPage",
    "PoolStatus",
    "Preloaded",
    "PreparedEngine",
    "SyncPoolManagerClient",
]
