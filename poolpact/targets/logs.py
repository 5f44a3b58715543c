"""What a subject prints goes to a file. It may grow without end: it is never read as a whole, and its end is shown."""

import os
import re
from pathlib import Path

_LONGEST_CHARACTER = 4
"""Bytes of one character in UTF-8."""
_CHUNK = 1024 * 1024


class LogFile:
    """The file that a process prints into. A :class:`~poolpact.targets.base.Log`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def tail(self, longest: int) -> str:
        """See :class:`~poolpact.targets.base.Log`. Of a file that is not there any more there is none."""
        try:
            return self._end(longest)
        except FileNotFoundError:
            return ""

    def _end(self, longest: int) -> str:
        with self._path.open("rb") as file:
            # A character more than is wanted: the first one may be cut.
            file.seek(-min(file.seek(0, os.SEEK_END), _LONGEST_CHARACTER * (longest + 1)), os.SEEK_END)
            return file.read(_LONGEST_CHARACTER * (longest + 1)).decode("utf-8", "replace")[-longest:]

    def count(self, text: str) -> int:
        """See :class:`~poolpact.targets.base.Log`."""
        wanted, found, left = text.encode(), 0, b""
        with self._path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                read = left + chunk
                found += read.count(wanted)
                left = read[-(len(wanted) - 1) :] if len(wanted) > 1 else b""
        return found


class NoLog:
    """That of a subject which somebody else started, or which prints nothing. A :class:`~poolpact.targets.base.Log`."""

    def tail(self, longest: int) -> str:
        """Nothing."""
        return ""

    def count(self, text: str) -> int:
        """Never."""
        return 0


def last_words(text: str, longest: int) -> str:
    """The end of ``text``, at most ``longest`` characters, from a whole word on: half a secret would not be known as one."""
    if len(text) <= longest:
        return text
    end = text[-longest:]
    blank = re.search(r"\s", end)
    return f"…{end[blank.start() :]}" if blank else "…"
