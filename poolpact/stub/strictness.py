"""What the contract has against the requests that a stub gets."""

from collections.abc import Mapping

from poolpact.contract import Contract
from poolpact.contract.requests import refusal_of


class Strictness:
    """Holds requests against ``contract`` and counts: ``requests`` of them, ``undescribed`` of which are not in the contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.requests = 0
        self.undescribed = 0

    def judge(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """What is wrong with a request; None when the contract describes it. Names in ``headers`` are in lower case."""
        self.requests += 1
        refusal = refusal_of(self._contract, method, target, headers, body)
        if refusal is None:
            return None
        self.undescribed += 1
        return " ".join(refusal.detail.split())

    def __str__(self) -> str:
        return f"{self.undescribed} of {self.requests} requests are not in the contract"
