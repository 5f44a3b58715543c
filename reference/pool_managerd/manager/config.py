"""What the operator decides about the manager."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ManagerConfig:
    """Times are in seconds.

    ``engine_dirs`` holds the folders whose programs may be executed: empty refuses every preload. ``engine_hosts`` holds the
    addresses beyond loopback that an engine may listen on.
    """

    engine_dirs: tuple[Path, ...] = ()
    engine_hosts: tuple[str, ...] = ()
    startup_timeout: float = 300.0
    stop_grace: float = 5.0
    lease_ttl: float = 30.0
    drain_deadline: float = 30.0
    advertise_host: str | None = None
