"""The wire contract: where it is kept, how it is read, and whether an answer keeps it."""

from poolpact.contract.checker import Contract, ContractViolation
from poolpact.contract.coverage import Coverage
from poolpact.contract.document import InvalidContract, load_document
from poolpact.contract.witness import Witness

__all__ = ["Contract", "ContractViolation", "Coverage", "InvalidContract", "Witness", "load_document"]
