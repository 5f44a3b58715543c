"""Who has a slot and who waits for one, in the order they came."""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Slots(Generic[T]):
    """A fixed number of slots and an endless queue."""

    def __init__(self, total: int) -> None:
        self._slots: list[T | None] = [None] * total
        self._queue: deque[T] = deque()

    @property
    def busy(self) -> list[bool]:
        """Of each slot, whether somebody has it."""
        return [occupant is not None for occupant in self._slots]

    @property
    def occupants(self) -> list[T]:
        """Those who have one, in the order of the slots."""
        return [occupant for occupant in self._slots if occupant is not None]

    def enqueue(self, who: T) -> None:
        """Let ``who`` wait behind all others."""
        self._queue.append(who)

    def fill(self) -> list[tuple[int, T]]:
        """Give the free slots to those who waited longest; who got which."""
        given = []
        for number, occupant in enumerate(self._slots):
            if occupant is None and self._queue:
                who = self._queue.popleft()
                self._slots[number] = who
                given.append((number, who))
        return given

    def leave(self, who: T) -> None:
        """Let ``who`` go, from its slot or from the queue."""
        if who in self._queue:
            self._queue.remove(who)
        else:
            self._slots[self._slots.index(who)] = None
