"""Reading /proc. A process that ends while it is read is as good as one that was never there."""

import os
from dataclasses import dataclass
from typing import NamedTuple

from pool_managerd.engines.environment import NONCE_VARIABLE

_PIECE = 1 << 16


class Identity(NamedTuple):
    """One process for ever: ``started`` (clock ticks since boot) tells it from a later one with its pid."""

    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class Process:
    """One process at one moment."""

    identity: Identity
    parent: int
    session: int
    living: bool
    """False for a zombie."""


def read_process(pid: int) -> Process | None:
    """The process ``pid``, zombies included; None where there is none."""
    content = _read(f"/proc/{pid}/stat")
    if content is None:
        return None
    # The name before it may hold spaces and parentheses.
    fields = content[content.rindex(b")") + 2 :].split()
    state, parent, session, threads, started = fields[0], fields[1], fields[3], fields[17], fields[19]
    # A process whose first thread ended looks like a zombie while others of its threads run.
    living = state not in b"ZXx" or int(threads) > 1
    return Process(Identity(pid, int(started)), int(parent), int(session), living)


def read_processes() -> dict[int, Process]:
    """Every process that can be seen, by pid."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdecimal())
    return {pid: process for pid in pids if (process := read_process(pid)) is not None}


def carries_nonce(pid: int, nonce: str) -> bool:
    """Whether ``pid`` was started with ``nonce`` in its environment. False where that cannot be seen."""
    content = _read(f"/proc/{pid}/environ")
    return content is not None and f"{NONCE_VARIABLE}={nonce}".encode() in content.split(b"\0")


def socket_inodes(pid: int) -> set[int]:
    """The inodes of the sockets that ``pid`` holds."""
    inodes = set()
    folder = f"/proc/{pid}/fd"
    try:
        for name in os.listdir(folder):
            try:
                target = os.readlink(f"{folder}/{name}")
            except FileNotFoundError:
                continue
            if target.startswith("socket:["):
                inodes.add(int(target[8:-1]))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return inodes
    return inodes


def _read(path: str) -> bytes | None:
    # Without a file object it takes half the time, and a look at all processes is hundreds of these.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    content = b""
    try:
        while piece := os.read(descriptor, _PIECE):
            content += piece
    except (ProcessLookupError, PermissionError):
        return None
    finally:
        os.close(descriptor)
    return content
