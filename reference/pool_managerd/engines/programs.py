"""Which programs may be started as engines, and which can."""

import os
from collections.abc import Sequence
from pathlib import Path

from pool_managerd.domain.errors import BinaryNotExecutable, BinaryNotFound, EngineNotAllowed


def admit_program(binary: Path, engine_dirs: Sequence[Path]) -> None:
    """Return when ``binary`` may and can be executed; raise a PreloadRefused with the remedy otherwise (PM-PRELOAD-5).

    Looks at the disk. Of a binary outside the allowed folders it does not tell whether it exists.
    """
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
