"""Writing a small file so that a reader sees the old one, the new one, or none."""

import contextlib
import os
import tempfile
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one step, mode 0600; raise OSError and leave nothing behind where that cannot be done.

    Survives a SIGKILL of the writer at any point, not a power cut: nothing is synced to the disk.
    """
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def remove_drafts(folder: Path) -> None:
    """Remove what a writer that was killed half-way left in ``folder``. Call it only while nobody else writes there."""
    for draft in folder.glob(".draft-*"):
        draft.unlink(missing_ok=True)
