"""The wire contract: where it is kept, how it is read, and whether an answer keeps it."""

from poolpact.contract.checker import Contract, ContractViolation

__all__ = ["Contract", "ContractViolation"]
