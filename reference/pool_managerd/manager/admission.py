"""What may be executed: the operator's say over a preload."""

from pool_managerd.domain.errors import HostNotAllowed
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.engines.ports import Spawner
from pool_managerd.manager.config import ManagerConfig


def admit(prepared: PreparedEngine, config: ManagerConfig, spawner: Spawner) -> None:
    """Return when ``spawner`` may and can start ``prepared``; raise a PreloadRefused with the remedy otherwise (PM-PRELOAD-5).

    May look at the disk.
    """
    if not prepared.on_loopback and prepared.host not in config.engine_hosts:
        raise HostNotAllowed(
            f"an engine may listen on {prepared.host!r} only with the operator's consent: "
            "add it to POOL_MANAGERD_ENGINE_HOSTS, or use 127.0.0.1"
        )
    spawner.admit(prepared, config.engine_dirs)
