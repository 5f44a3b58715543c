"""The engine's side of the back-channel: it writes what it saw and reads what it is told.

``DIR/NONCE.jsonl`` holds one JSON object a line, each appended by a single write; ``DIR/NONCE.control`` one order a line.
"""

import json
import os
import time
from collections.abc import Callable

from poolpact.engine.behaviour import BadFlag, Order, parse_order


def record_path(directory: str | os.PathLike[str], nonce: str) -> str:
    """Where the engine of ``nonce`` writes what it saw."""
    return os.path.join(directory, f"{nonce}.jsonl")


def control_path(directory: str | os.PathLike[str], nonce: str) -> str:
    """Where the engine of ``nonce`` reads what it is told."""
    return os.path.join(directory, f"{nonce}.control")


def open_to_append(path: str) -> int:
    """A descriptor of ``path``, made where it is not there. Whoever may write into its folder may read it, and nobody else.

    So an engine and those who judge it may be two users, where they were given a folder for that.
    """
    shared = os.stat(os.path.dirname(path) or os.curdir).st_mode & 0o022
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600 | shared << 1)


class Recorder:
    """Writes the events of one engine, stamped by ``clock``. Without a folder or a nonce it writes nothing."""

    def __init__(
        self, directory: str | os.PathLike[str] | None, nonce: str | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._path = None if directory is None or nonce is None else record_path(directory, nonce)

    def write(self, event: str, *, at: float | None = None, pid: int | None = None, **members: object) -> None:
        """Append one event. ``at`` is now and ``pid`` this process unless given."""
        if self._path is None:
            return
        entry = {"event": event, "pid": os.getpid() if pid is None else pid, "at": self._clock() if at is None else at, **members}
        descriptor = open_to_append(self._path)
        try:
            os.write(descriptor, json.dumps(entry).encode() + b"\n")
        finally:
            os.close(descriptor)

    def earlier(self) -> list[dict[str, object]]:
        """The events that are already there, of this and of earlier incarnations."""
        return [] if self._path is None else read_events(self._path)


def read_events(path: str | os.PathLike[str]) -> list[dict[str, object]]:
    """The whole lines of a record; none when it is not there."""
    try:
        with open(path, "rb") as record:
            text = record.read()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]


class Control:
    """Reads the orders that were appended to a control file since the last look.

    A new incarnation begins where the file ends: what an earlier one was told is not its business.
    """

    def __init__(
        self, directory: str | os.PathLike[str] | None, nonce: str | None, *, started: float, from_start: bool = True
    ) -> None:
        self._path = None if directory is None or nonce is None else control_path(directory, nonce)
        self._started = started
        self._offset = 0 if from_start else self._size()

    def _size(self) -> int:
        try:
            return 0 if self._path is None else os.stat(self._path).st_size
        except FileNotFoundError:
            return 0

    def read(self, now: float) -> list[Order]:
        """The new orders, heard at ``now`` (CLOCK_MONOTONIC). A line that is no order is left out."""
        if self._path is None or self._size() <= self._offset:
            return []
        with open(self._path, "rb") as control:
            control.seek(self._offset)
            text = control.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        orders = []
        for line in whole.decode(errors="replace").splitlines():
            try:
                orders.append(parse_order(line, now - self._started))
            except BadFlag:
                continue
        return orders
