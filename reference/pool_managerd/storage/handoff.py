"""The handoff file: how an engine's readiness is announced on the local disk (PM-HANDOFF-1).

Its format is contracts/schemas/handoff.json.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.storage.files import replace_file


class HandoffModel(BaseModel):
    """The model an engine serves."""

    model_config = ConfigDict(frozen=True)

    path: str


class Handoff(BaseModel):
    """One engine that is ready, as others find it."""

    model_config = ConfigDict(frozen=True)

    pool_id: str
    replica_id: str
    engine: str
    """The file name of the engine's program."""
    engine_version: str
    url: str
    pid: int
    device_mask: str | None
    model: HandoffModel
    flags: tuple[str, ...]
    slots: int

    @classmethod
    def of(cls, prepared: PreparedEngine, *, pid: int, slots: int, url: str) -> "Handoff":
        """The announcement of ``prepared``, running as ``pid`` and reached at ``url``."""
        return cls(
            pool_id=prepared.pool_id,
            replica_id=prepared.replica_id,
            engine=Path(prepared.binary_path).name,
            engine_version=prepared.engine_version,
            url=url,
            pid=pid,
            device_mask=prepared.device_mask,
            model=HandoffModel(path=prepared.model_path),
            flags=prepared.flags,
            slots=slots,
        )


def write_handoff(path: Path, handoff: Handoff) -> None:
    """Announce ``handoff`` at ``path`` in one step; raises OSError."""
    replace_file(path, handoff.model_dump_json(indent=2).encode() + b"\n")


def remove_handoff(path: Path) -> None:
    """Withdraw the announcement at ``path``, if there is one; raises OSError."""
    path.unlink(missing_ok=True)
