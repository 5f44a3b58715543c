"""The run directory: the one place on the disk that a manager writes to, held by one manager at a time (PM-DUR-6)."""

import fcntl
import os
import stat
from pathlib import Path

from pool_managerd.domain.errors import InvalidSettings, RunDirInUse
from pool_managerd.storage.files import remove_drafts
from pool_managerd.storage.journal import Journal


class RunDir:
    """Paths inside one folder. Pool ids must have passed ``check_pool_id``: they become file names."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path))
        self.journal = Journal(self.path / "journal")
        self._lock: int | None = None

    def open(self) -> None:
        """Make the folder where it is missing, and hold it until :meth:`close` or the end of the process.

        Raises RunDirInUse when another manager, of this process or another, holds it, and InvalidSettings when it cannot be
        used: a link, not a folder, not the user's own, writable by others, or not to be made.
        """
        if self._lock is not None:
            raise RunDirInUse(f"the run directory {str(self.path)!r} is already open")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _own_folder(self.path)
            lock = self._take_lock()
        except OSError as error:
            raise InvalidSettings(f"the run directory {str(self.path)!r} cannot be used: {error.strerror}") from error
        try:
            for folder in (self.journal.folder, self._handoffs, self._logs):
                _own_folder(folder)
            remove_drafts(self._handoffs)
        except OSError as error:
            os.close(lock)
            raise InvalidSettings(f"the run directory {str(self.path)!r} cannot be used: {error.strerror}") from error
        except BaseException:
            os.close(lock)
            raise
        self._lock = lock

    def close(self) -> None:
        """Let go of the folder. The files stay; may be called again."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def _handoffs(self) -> Path:
        return self.path / "handoff"

    @property
    def _logs(self) -> Path:
        return self.path / "logs"

    def log_path(self, pool_id: str) -> Path:
        """Where the engines of a pool print to: append-only, one file a pool."""
        return self._logs / f"{pool_id}.log"

    def handoff_path(self, pool_id: str) -> Path:
        """Where a pool's readiness is announced."""
        return self._handoffs / f"{pool_id}.json"

    def _take_lock(self) -> int:
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RunDirInUse(f"another pool manager holds the run directory {str(self.path)!r}") from None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _own_folder(path: Path) -> None:
    """Make ``path`` (0700) or check that it is a folder which nobody but this user can write to."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "not a folder"
            raise InvalidSettings(f"the run directory cannot be used: {str(path)!r} is {kind}") from None
        if found.st_uid != os.geteuid():
            raise InvalidSettings(f"the run directory cannot be used: {str(path)!r} belongs to another user") from None
        if found.st_mode & 0o022:
            raise InvalidSettings(
                f"the run directory cannot be used: {str(path)!r} is writable by others (chmod go-w it)"
            ) from None
