"""The wire contract: where it is kept, how it is read, and whether an answer keeps it."""

from poolpact.contract.checker import Contract, ContractViolation
from poolpact.contract.document import InvalidContract, load_document

__all__ = ["Contract", "ContractViolation", "InvalidContract", "load_document"]
