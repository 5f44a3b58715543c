"""What may be executed: the operator's say over a preload."""

import os
from pathlib import Path

from pool_managerd.domain.errors import (
    BinaryNotExecutable,
    BinaryNotFound,
    EngineNotAllowed,
    HostNotAllowed,
)
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.manager.config import ManagerConfig


def admit(prepared: PreparedEngine, config: ManagerConfig) -> None:
    """Return when ``prepared`` may be spawned; raise a :class:`PreloadRefused` with the remedy otherwise (PM-PRELOAD-5).

    Looks at the disk. Of a binary outside the allowed folders it does not tell whether it exists.
    """
    _admit_host(prepared, config)
    _admit_binary(Path(prepared.binary_path), config.engine_dirs)


def _admit_host(prepared: PreparedEngine, config: ManagerConfig) -> None:
    if not prepared.on_loopback and prepared.host not in config.engine_hosts:
        raise HostNotAllowed(
            f"an engine may listen on {prepared.host!r} only with the operator's consent: "
            "add it to POOL_MANAGERD_ENGINE_HOSTS, or use 127.0.0.1"
        )


def _admit_binary(binary: Path, engine_dirs: tuple[Path, ...]) -> None:
    if not engine_dirs:
        raise EngineNotAllowed("no engine may be executed: set POOL_MANAGERD_ENGINE_DIRS to the folders that hold your engines")
    if not binary.is_absolute():
        raise EngineNotAllowed("binary_path is relative: give the absolute path of a program in POOL_MANAGERD_ENGINE_DIRS")
    real = Path(os.path.realpath(binary))
    if not any(real.is_relative_to(os.path.realpath(folder)) for folder in engine_dirs):
        raise EngineNotAllowed(
            f"{str(binary)!r} is not in an allowed engine folder: put it into one of POOL_MANAGERD_ENGINE_DIRS, or add its folder"
        )
    try:
        found = real.is_file()
    except OSError as error:
        raise BinaryNotFound(f"{str(binary)!r} cannot be looked at: {error.strerror}") from None
    if not found:
        kind = "is a folder" if real.is_dir() else "does not exist"
        raise BinaryNotFound(f"{str(binary)!r} {kind}")
    if not os.access(real, os.X_OK):
        raise BinaryNotExecutable(f"{str(binary)!r} is not executable: chmod +x it, or name the program itself")
