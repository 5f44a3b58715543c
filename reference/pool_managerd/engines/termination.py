"""Ending an incarnation until nothing is left of it."""

import asyncio
import contextlib
import os
import select
import signal
from collections.abc import Iterator

import structlog

from pool_managerd.clock import Clock, within
from pool_managerd.engines.family import find_family
from pool_managerd.engines.procfs import Identity, read_process

_log = structlog.get_logger("pool_managerd")

SLOW_TO_DIE = 10.0
"""Seconds after SIGKILL at which it is worth a warning: the process hangs in the kernel."""
RETRY_AFTER = 0.5
"""Seconds until the next try where the system is out of file descriptors."""


async def process_end(descriptor: int) -> None:
    """Return when the process of a pidfd has ended."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)


class Termination:
    """Ends the processes of one incarnation. ``leader`` is the process that was spawned, as long as it is not reaped.

    Every signal goes through a pidfd, so that none reaches a process that took over a pid. Whoever was seen once is
    remembered: a process that left the session and then lost its parent could not be found again.
    """

    def __init__(self, nonce: str, clock: Clock, leader: Identity | None = None) -> None:
        self._nonce = nonce
        self._clock = clock
        self._leader = leader
        self._seen: set[Identity] = set()

    async def run(self, grace: float) -> int:
        """SIGTERM to each, at most ``grace`` seconds, SIGKILL to what is left; return how many processes there were.

        Without a grace it is SIGKILL at once. Returns when nothing is left.
        """
        if grace > 0:
            with contextlib.suppress(TimeoutError):
                await within(self._clock, grace, self._until_none(signal.SIGTERM))
                return len(self._seen)
        warning = asyncio.create_task(self._warn())
        try:
            await self._until_none(signal.SIGKILL)
        finally:
            warning.cancel()
        return len(self._seen)

    async def _until_none(self, number: signal.Signals) -> None:
        """Signal until nothing is found; with SIGKILL nothing may be found after the whole group was killed."""
        settled = number is not signal.SIGKILL or self._leader is None
        while True:
            try:
                known = {*self._seen, self._leader} if self._leader else set(self._seen)
                family = await asyncio.to_thread(find_family, self._nonce, known)
                if not family and settled:
                    return
                if number is signal.SIGKILL and self._leader is not None:
                    _kill_group(self._leader)
                    settled = True
                await self._round(family, number)
            except OSError as error:
                _log.error("engine_end_delayed", cause=error.strerror)
                await self._clock.sleep(RETRY_AFTER)

    async def _round(self, family: list[Identity], number: signal.Signals) -> None:
        with contextlib.ExitStack() as opened:
            descriptors = {one: opened.enter_context(_pidfd(one)) for one in family}
            found = {one: descriptor for one, descriptor in descriptors.items() if descriptor is not None}
            self._seen.update(found)
            for descriptor in found.values():
                _send(descriptor, number)
            await asyncio.gather(*(process_end(descriptor) for descriptor in found.values()))
            for one, descriptor in found.items():
                if one != self._leader:
                    _bury(descriptor)

    async def _warn(self) -> None:
        await self._clock.sleep(SLOW_TO_DIE)
        _log.error("engine_does_not_end", pids=sorted(one.pid for one in self._seen), seconds=SLOW_TO_DIE)


def kill_family(nonce: str, leader: Identity) -> None:
    """SIGKILL to every process of an incarnation; return when none is left. Blocks, and needs no event loop."""
    seen = {leader}
    first = True
    while (family := find_family(nonce, seen)) or first:
        first = False
        seen.update(family)
        _kill_group(leader)
        for one in family:
            with _pidfd(one) as descriptor:
                if descriptor is not None:
                    _send(descriptor, signal.SIGKILL)
                    select.select([descriptor], [], [])


def _kill_group(leader: Identity) -> None:
    """SIGKILL to all of a group at once, listed or not: what forks faster than it can be listed ends too."""
    held = read_process(leader.pid)
    if held is not None and held.identity == leader:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader.pid, signal.SIGKILL)


def _send(descriptor: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        signal.pidfd_send_signal(descriptor, number)


@contextlib.contextmanager
def _pidfd(one: Identity) -> Iterator[int | None]:
    """A pidfd of exactly ``one``; None when it has ended meanwhile."""
    try:
        descriptor = os.pidfd_open(one.pid)
    except ProcessLookupError:
        yield None
        return
    try:
        found = read_process(one.pid)
        yield descriptor if found is not None and found.identity == one else None
    finally:
        os.close(descriptor)


def _bury(descriptor: int) -> None:
    """Reap an orphan that became this process's child: in a container the manager may be everybody's last parent."""
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PIDFD, descriptor, os.WEXITED | os.WNOHANG)
