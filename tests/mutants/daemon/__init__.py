"""The daemon of the reference with one deliberate defect each: ``python -m tests.mutants.daemon NAME [flags of pool-managerd]``."""
