"""A folder with handoff files as a daemon would lay them, to see whether anybody else looks at them."""

import json
import os
from pathlib import Path

_LONG_AGO = 1_000_000_000
"""Seconds since the epoch: the time of the last access that a file claims until somebody reads it."""


class Handoffs:
    """Handoff files in the places of ``folder`` where an orchestrator might look, and whether they were touched."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Path, bytes] = {}

    @property
    def settings(self) -> dict[str, str]:
        """The environment of an orchestrator that lives beside them."""
        folder = str(self._folder)
        return {"POOL_MANAGERD_RUN_DIR": folder, "XDG_RUNTIME_DIR": folder, "HOME": folder, "TMPDIR": folder}

    def lay(self, pool_id: str, url: str) -> None:
        """Lay a handoff that says that the pool's engine is ready at ``url``."""
        handoff = {
            "pool_id": pool_id,
            "replica_id": "replica-0",
            "engine": "llamacpp",
            "engine_version": "simulated-1",
            "url": url,
            "pid": os.getpid(),
            "device_mask": None,
            "model": {"path": "/models/simulated.gguf"},
            "flags": [],
            "slots": 1,
        }
        for place in (self._folder / "handoff", self._folder / "pool-managerd" / "handoff"):
            place.mkdir(parents=True, exist_ok=True)
            path = place / f"{pool_id}.json"
            path.write_text(json.dumps(handoff), encoding="utf-8")
            self._files[path] = path.read_bytes()
            os.utime(path, (_LONG_AGO, path.stat().st_mtime))

    def touched(self) -> list[str]:
        """The files that were read, changed or removed since they were laid."""
        return [str(path) for path in self._files if not self._is_untouched(path)]

    def _is_untouched(self, path: Path) -> bool:
        if not path.is_file() or path.stat().st_atime != _LONG_AGO:
            return False
        try:
            is_same = path.read_bytes() == self._files[path]
            os.utime(path, (_LONG_AGO, path.stat().st_mtime))
        except OSError:
            return False
        return is_same

    def added(self) -> list[str]:
        """The files that somebody else made."""
        return sorted(str(path) for path in self._folder.rglob("*") if path.is_file() and path not in self._files)
