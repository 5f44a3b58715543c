"""What an engine prints: kept within bounds, and quoted when it fails."""

import os
from pathlib import Path

LOG_LIMIT = 8 * 1024 * 1024
"""Bytes beyond which a log is cut."""
LOG_KEPT = 64 * 1024
"""Bytes of the end that stay when it is cut."""
TAIL_LIMIT = 2048
"""Bytes of output that an error quotes."""
SHOWN_LIMIT = 1024 * 1024
"""Bytes of a log that are shown to whoever asks for its end."""


def open_log(path: Path) -> int:
    """A descriptor that appends to ``path``, made for its owner alone; raises OSError."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


class EngineOutput:
    """The part of a pool's log that one incarnation wrote, from ``start`` (bytes) on."""

    def __init__(self, path: Path, start: int) -> None:
        self._path = path
        self._start = start

    def is_too_long(self) -> bool:
        """Whether it is time for :meth:`cut`."""
        try:
            return self._path.stat().st_size > LOG_LIMIT
        except OSError:
            return False

    def cut(self) -> None:
        """Keep only the last whole lines of the log, in place: whoever appends to it goes on. Raises OSError.

        What is printed while this runs may be lost.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            size = os.fstat(descriptor).st_size
            kept = _from_first_line(os.pread(descriptor, LOG_KEPT, max(size - LOG_KEPT, 0)))
            os.pwrite(descriptor, kept, 0)
            os.ftruncate(descriptor, len(kept))
        finally:
            os.close(descriptor)
        self._start = max(self._start - (size - len(kept)), 0)

    def tail(self) -> str:
        """The last lines, at most TAIL_LIMIT bytes, without control characters; empty if there are none."""
        return _printable(_end_of(self._path, self._start, TAIL_LIMIT)).strip()


def last_lines(path: Path, lines: int) -> str:
    """The last ``lines`` lines of a log, at most SHOWN_LIMIT bytes, without control characters; empty where there is none."""
    text = _printable(_end_of(path, 0, SHOWN_LIMIT)).removesuffix("\n")
    return "".join(f"{line}\n" for line in text.split("\n")[-lines:]) if text else ""


def _end_of(path: Path, start: int, limit: int) -> bytes:
    """The last ``limit`` bytes of a file from ``start`` on, in whole lines; none where it cannot be read."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            begin = max(size - limit, start)
            file.seek(begin)
            content = file.read(limit)
    except OSError:
        return b""
    return _from_first_line(content) if begin > start else content


def _printable(content: bytes) -> str:
    text = content.decode("utf-8", errors="replace")
    return "".join(character if character.isprintable() or character in "\n\t" else " " for character in text)


def _from_first_line(content: bytes) -> bytes:
    """``content`` without the piece of a line that it may begin with, unless it is nothing but that piece."""
    end = content.find(b"\n", 0, -1)
    return content[end + 1 :]
