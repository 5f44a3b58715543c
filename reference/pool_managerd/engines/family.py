"""Which processes belong to an engine, wherever they went."""

import os
from collections.abc import Collection, Iterable, Mapping

from pool_managerd.engines.procfs import Identity, Process, carries_nonce, read_processes


def find_family(nonce: str, known: Iterable[Identity] = ()) -> list[Identity]:
    """The living processes of the incarnation ``nonce``, the oldest first; never the caller itself.

    They are the ``known`` ones (dead ones do no harm; a leader that is a zombie still finds its session), those that carry the
    nonce, and the kin of these. Raises OSError where /proc cannot be read.
    """
    processes = read_processes()
    seeds = {pid for pid, process in processes.items() if process.living and carries_nonce(pid, nonce)}
    seeds |= {one.pid for one in known if one.pid in processes and processes[one.pid].identity == one}
    kin = kindred(processes, seeds - {os.getpid()})
    return sorted((processes[pid].identity for pid in kin if processes[pid].living), key=lambda one: (one.started, one.pid))


def kindred(processes: Mapping[int, Process], seeds: Collection[int]) -> set[int]:
    """The ``seeds`` that exist, their descendants, and whoever is in a session that one of these leads."""
    kin = {pid for pid in seeds if pid in processes}
    while True:
        more = {pid for pid, process in processes.items() if pid not in kin and (process.parent in kin or process.session in kin)}
        if not more:
            return kin
        kin |= more
