"""What a stub says of each request that it had."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: the status that the client was sent (None for none), the milliseconds it took, and the fault it met.

    ``wrong`` is what the contract has against the request, where somebody held it against the contract.
    """

    method: str
    target: str
    status: int | None
    milliseconds: float
    fault: str | None = None
    wrong: str | None = None

    def __str__(self) -> str:
        line = f"{self.method} {self.target} {self.status or '-'} {self.milliseconds:.1f} ms"
        fault = "" if self.fault is None else f" fault {self.fault}"
        wrong = "" if self.wrong is None else f" not in the contract: {self.wrong}"
        return f"{line}{fault}{wrong}"


Observer = Callable[[Exchange], None]
