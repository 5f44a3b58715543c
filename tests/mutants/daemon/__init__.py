"""The reference's daemon with one defect each: ``python -m tests.mutants.daemon NAME [arguments of pool-managerd]``."""
