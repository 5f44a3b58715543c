"""Whether the kernel killed for lack of memory: what cgroup v2 counts (PM-SUP-9)."""

import os
from pathlib import Path

_MOST_READ = 64 * 1024
"""Bytes of a file that are looked at; the kernel writes some hundreds."""


class OomKills:
    """Counts the processes that the kernel killed for lack of memory in the control group of ``pid``, from now on.

    Make it right after the spawn: of a process that was reaped the group is not known. Engines that share a control group, as
    they do unless something gives each its own, share the count.
    """

    def __init__(self, pid: int, *, proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> None:
        self._events = _find_events(pid, proc, cgroups)
        self._before = self._count()

    def count(self) -> int | None:
        """How many since this was made; None where the system does not tell: another kind of control groups, or none."""
        now = self._count()
        if now is None or self._before is None or now < self._before:
            return None
        return now - self._before

    def _count(self) -> int | None:
        content = None if self._events is None else _read(self._events)
        for line in (content or b"").splitlines():
            name, _, value = line.partition(b" ")
            if name == b"oom_kill" and value.isdigit():
                return int(value)
        return None


def _find_events(pid: int, proc: Path, cgroups: Path) -> Path | None:
    content = _read(proc / str(pid) / "cgroup")
    for line in (content or b"").splitlines():
        if line.startswith(b"0::/"):
            group = os.fsdecode(line[len(b"0::/") :])
            # From inside a control group namespace a group beyond it is seen as ``/../other``.
            return None if ".." in group.split("/") else cgroups / group / "memory.events"
    return None


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_READ)
    except OSError:
        return None
