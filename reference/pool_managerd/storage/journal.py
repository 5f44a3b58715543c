"""The journal of incarnations: what a manager that was killed leaves for the next one to find (PM-DUR-3, PM-DUR-4).

An intent is written before its engine is spawned. It survives a SIGKILL of the manager, not a power cut; engines do not
survive that either.
"""

import os
import re
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from pool_managerd.domain.prepared import POOL_ID_PATTERN
from pool_managerd.storage.files import remove_drafts, replace_file

_log = structlog.get_logger("pool_managerd")

_NAME = re.compile(r"(?P<pool_id>[A-Za-z0-9_-][A-Za-z0-9._-]{0,127})\.(?P<nonce>[0-9a-f]{16,64})\.json", re.ASCII)


class Intent(BaseModel):
    """One incarnation that is, or may be, running."""

    model_config = ConfigDict(strict=True, frozen=True)

    nonce: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16,64}$")]
    pool_id: Annotated[str, StringConstraints(pattern=POOL_ID_PATTERN)]
    binary_path: str


class Journal:
    """One small file an incarnation, named by its pool and its nonce, so that even a torn one still says what to look for.

    Only the manager that holds the run directory's lock may use it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def intend(self, intent: Intent) -> None:
        """Note that an engine is about to be spawned; raises OSError."""
        replace_file(self._path(intent), intent.model_dump_json().encode())

    def forget(self, nonce: str) -> None:
        """Remove the intent of ``nonce``, if there is one; raises OSError."""
        for path in self.folder.glob(f"*.{nonce}.json"):
            path.unlink(missing_ok=True)

    def pending(self) -> list[Intent]:
        """Every intent that was not forgotten; raises OSError.

        A file that cannot be read is set aside as ``*.corrupt`` and logged. Where its name still tells pool and nonce, its
        intent is in the list and back in the journal.
        """
        remove_drafts(self.folder)
        found = (self._read(path) for path in sorted(self.folder.glob("*.json")))
        return [intent for intent in found if intent is not None]

    def _path(self, intent: Intent) -> Path:
        return self.folder / f"{intent.pool_id}.{intent.nonce}.json"

    def _read(self, path: Path) -> Intent | None:
        name = _NAME.fullmatch(path.name)
        try:
            intent = Intent.model_validate_json(path.read_bytes())
            if name is not None and (intent.pool_id, intent.nonce) == name.group("pool_id", "nonce"):
                return intent
            cause = "the name and the content differ"
        except (ValidationError, OSError) as error:
            cause = type(error).__name__
        os.replace(path, path.with_name(f"{path.name}.corrupt"))
        _log.error("journal_entry_set_aside", file=f"{path.name}.corrupt", cause=cause)
        if name is None:
            return None
        rescued = Intent(nonce=name["nonce"], pool_id=name["pool_id"], binary_path="")
        self.intend(rescued)
        return rescued
