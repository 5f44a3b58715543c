"""Looking at real processes."""

import psutil


def process_runs(pid: int) -> bool:
    """Whether the process ``pid`` runs; a zombie does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
