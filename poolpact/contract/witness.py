"""Who is there when a pool manager answers: holds the answer against the contract, and remembers what it exercised."""

import json
from collections.abc import Mapping

from poolpact.contract.checker import Contract, ContractViolation
from poolpact.contract.coverage import PROBLEM, Coverage
from poolpact.event_stream import SseEvent


class Witness:
    """Sees the answers of a pool manager that is held to the whole of ``contract``. Names in ``headers`` are lower-case."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.coverage = Coverage(contract.document)
        self._noted: list[ContractViolation] = []

    def see(self, method: str, target: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Raise ContractViolation unless the answer keeps the contract."""
        self._contract.check(method, target, status, headers, body)
        operation = self._contract.operation_of(method, target)
        if operation is not None:
            self.coverage.see(operation, status, _code(headers, body))

    def overhear(self, method: str, target: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """The same for an answer that the caller passes on to somebody else: a violation is kept until :meth:`speak_up`."""
        try:
            self.see(method, target, status, headers, body)
        except ContractViolation as violation:
            self._noted.append(violation)

    def overhear_event(self, method: str, target: str, event: SseEvent) -> None:
        """The same for one event of an answer that is a stream of them."""
        try:
            self._contract.check_event(method, target, event)
        except ContractViolation as violation:
            self._noted.append(violation)

    def speak_up(self) -> None:
        """Raise the first violation that was overheard since the last time."""
        noted, self._noted = self._noted, []
        if noted:
            raise noted[0]


def _code(headers: Mapping[str, str], body: bytes) -> str:
    if not headers.get("content-type", "").startswith(PROBLEM):
        return ""
    return str(json.loads(body)["code"])
