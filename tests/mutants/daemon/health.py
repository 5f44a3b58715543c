"""The daemon's own health."""

from pool_managerd.api import gate
from tests.mutants.daemon.requests import hold_back, rewrite
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def needs_the_token() -> None:
    patch(gate, "PUBLIC_PATHS", frozenset())


def tells_no_version() -> None:
    rewrite("GET", "/health", 200, lambda health: {**health, "version": ""})


def waits_for_preloads() -> None:
    hold_back(lambda path, preloading: path == "/health" and bool(preloading), at_most=2.0)


MUTANTS = (
    Mutant("PM-HEALTH-1: needs the token for its health", needs_the_token),
    Mutant("PM-HEALTH-1: tells no version", tells_no_version),
    Mutant("PM-HEALTH-1: has no health while a caller waits for a preload", waits_for_preloads),
)
