"""The contracts/ folder at a revision of the repository that surrounds the current folder, read through git."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from poolpact.diff.errors import CannotCompare

_FOLDER = "contracts"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Revision:
    """``commit`` is the full hash: what a user wrote goes to git once, to be looked up, and never as an option."""

    commit: str
    home: Path = Path(_FOLDER)

    @classmethod
    def named(cls, name: str) -> "Revision":
        """The revision that git knows by ``name``; raises CannotCompare."""
        unknown = f"{name}: neither a file, nor a folder, nor a revision that git knows here"
        if name.startswith("-") or "\0" in name:
            raise CannotCompare(unknown)
        done = _git("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
        commit = done.stdout.decode(errors="replace").strip()
        if done.returncode or not _COMMIT.fullmatch(commit):
            raise CannotCompare(f"{unknown}{_because(done)}")
        return cls(commit)

    def names(self) -> list[str]:
        """The files in the folder, by their paths from it."""
        done = _git("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.commit, "--", f"{_FOLDER}/")
        paths = done.stdout.decode(errors="replace").split("\0")
        return sorted(path.removeprefix(f"{_FOLDER}/") for path in paths if path)

    def read(self, path: Path) -> str:
        """The text of a file, by its path from the top of the repository; raises OSError, UnicodeDecodeError."""
        done = _git("cat-file", "blob", f"{self.commit}:{path.as_posix()}")
        if done.returncode:
            raise FileNotFoundError(None, "no such file at this revision", str(path))
        return done.stdout.decode("utf-8")


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise CannotCompare(f"git cannot be run: {error.strerror}") from None


def _because(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git says where it is not the name that is wrong."""
    said = done.stderr.decode(errors="replace").strip()
    return f" ({said.splitlines()[0].removeprefix('fatal: ')})" if "repository" in said else ""
