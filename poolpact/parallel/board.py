"""Which scenario is where. Pure."""

from collections.abc import Hashable, Sequence


class Board:
    """The scenarios of a run, by number: each waits, is with a worker, or is off the board, and goes only that way.

    ``groups`` are scenarios that are cheaper on one worker, such as those of a feature: their subjects have the same settings.
    A worker stays with its group. When that is used up it opens the largest that nobody has opened, and at last helps with the
    one that has most left, so that no worker idles while a scenario waits.
    """

    def __init__(self, groups: Sequence[Sequence[int]]) -> None:
        self._waiting = [list(group) for group in groups]
        self._opened: set[int] = set()
        self._group_of: dict[Hashable, int] = {}
        self._with: dict[Hashable, int] = {}

    def hand_to(self, worker: Hashable) -> int | None:
        """The next scenario for ``worker``, which is with it from now on; None when none waits."""
        group = self._group_of.get(worker)
        if group is None or not self._waiting[group]:
            group = self._another_group()
            if group is None:
                return None
            self._group_of[worker] = group
            self._opened.add(group)
        self._with[worker] = self._waiting[group].pop(0)
        return self._with[worker]

    def _another_group(self) -> int | None:
        left = [number for number, group in enumerate(self._waiting) if group]
        unopened = [number for number in left if number not in self._opened]
        return max(unopened or left, key=lambda number: (len(self._waiting[number]), -number), default=None)

    def take_from(self, worker: Hashable) -> int | None:
        """The scenario that was with ``worker``, which is off the board from now on; None when none was."""
        return self._with.pop(worker, None)

    def clear(self) -> list[int]:
        """Take off the board, and return, what still waits."""
        left = [scenario for group in self._waiting for scenario in group]
        for group in self._waiting:
            group.clear()
        return left
