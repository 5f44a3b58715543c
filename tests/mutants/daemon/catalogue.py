"""All daemons with a defect."""

from tests.mutants.daemon import (
    admission,
    auth,
    draining,
    health,
    ids,
    leases,
    observing,
    preloading,
    readiness,
    refusals,
    status,
    stopping,
)
from tests.mutants.mutant import by_name

MUTANTS = by_name(
    health.MUTANTS,
    status.MUTANTS,
    preloading.MUTANTS,
    refusals.MUTANTS,
    admission.MUTANTS,
    ids.MUTANTS,
    readiness.MUTANTS,
    stopping.MUTANTS,
    draining.MUTANTS,
    auth.MUTANTS,
    leases.MUTANTS,
    observing.MUTANTS,
)
