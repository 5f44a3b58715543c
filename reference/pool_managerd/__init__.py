"""pool-managerd: spawns inference engines, gates their readiness and hands out their slots.

The same :class:`~pool_managerd.manager.PoolManager` serves in process (embedded) and behind HTTP (the daemon).
"""

__version__ = "0.1.0"
