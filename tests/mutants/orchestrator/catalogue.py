"""All orchestrators that are wrong."""

from tests.mutants.mutant import by_name
from tests.mutants.orchestrator import (
    asking,
    dispatching,
    failing,
    leasing,
    modes,
    outages,
    ownership,
    refusing,
    starting,
    waiting,
)

MUTANTS = by_name(
    starting.MUTANTS,
    asking.MUTANTS,
    failing.MUTANTS,
    waiting.MUTANTS,
    outages.MUTANTS,
    ownership.MUTANTS,
    dispatching.MUTANTS,
    refusing.MUTANTS,
    leasing.MUTANTS,
    modes.MUTANTS,
)
