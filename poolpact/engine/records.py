"""The harness's side of the back-channel: it reads what engines saw and tells them what to do."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from poolpact.engine.behaviour import check_nonce, parse_order
from poolpact.engine.record import control_path, open_to_append, read_events, record_path
from poolpact.errors import PoolpactError

Event = dict[str, Any]
Listener = Callable[[str], None]


class UnreadableRecord(PoolpactError):
    """An engine of another user wrote what this one may not read; the message has the remedy."""


class EngineRecords:
    """The back-channel folder, by nonce. A nonce that no engine has used yet has no events."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._listeners: dict[str, list[Listener]] = {}

    def events(self, nonce: str, name: str | None = None) -> list[Event]:
        """What happened, oldest first; only the events called ``name`` if given. Raises UnreadableRecord."""
        path = record_path(self.directory, check_nonce(nonce))
        try:
            found = read_events(path)
        except PermissionError:
            raise UnreadableRecord(
                f"{path} cannot be read: another user's engine wrote it; give the engines a host-dir that both may write to, "
                "and the daemon a umask that lets others read (022)"
            ) from None
        return [event for event in found if name is None or event["event"] == name]

    def starts(self, nonce: str) -> list[Event]:
        """One event for each time the engine was started and went on (see ``restarts``)."""
        return self.events(nonce, "started")

    def restarts(self, nonce: str) -> list[Event]:
        """One event for each time it was started again after it had ended by itself, and ended at once."""
        return self.events(nonce, "restarted")

    def pids(self, nonce: str) -> set[int]:
        """Every process of the engine that was ever seen: itself and its children."""
        return {int(event["child_pid"] if event["event"] == "child" else event["pid"]) for event in self.events(nonce)}

    def completions(self, nonce: str) -> list[Event]:
        """The requests for tokens that reached the engine."""
        return self.events(nonce, "completion")

    def completion_ends(self, nonce: str) -> list[Event]:
        """How those ended: ``tokens`` sent and whether it was ``complete``."""
        return self.events(nonce, "completion_end")

    def nonces(self) -> list[str]:
        """Every nonce that an engine has used, sorted."""
        return sorted(path.stem for path in self.directory.glob("*.jsonl"))

    def tell(self, nonce: str, order: str) -> None:
        """Append ``order`` (see ``parse_order``) to what the engine of ``nonce`` is told; BadFlag when it is no order."""
        parse_order(order, 0.0)
        descriptor = open_to_append(control_path(self.directory, check_nonce(nonce)))
        try:
            os.write(descriptor, order.encode() + b"\n")
        finally:
            os.close(descriptor)
        for listener in tuple(self._listeners.get(nonce, ())):
            listener(order)

    def listen(self, nonce: str, listener: Listener) -> Callable[[], None]:
        """Hear of each order to ``nonce`` as it is given, for engines simulated in this process; returns how to stop that."""
        self._listeners.setdefault(nonce, []).append(listener)
        return lambda: self._listeners[nonce].remove(listener)
