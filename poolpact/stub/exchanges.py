"""What a stub says of each request that it had."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: the status that the client was sent (None for none), the milliseconds it took, and the fault it met."""

    method: str
    target: str
    status: int | None
    milliseconds: float
    fault: str | None = None

    def __str__(self) -> str:
        line = f"{self.method} {self.target} {self.status or '-'} {self.milliseconds:.1f} ms"
        return line if self.fault is None else f"{line} fault {self.fault}"


Observer = Callable[[Exchange], None]
