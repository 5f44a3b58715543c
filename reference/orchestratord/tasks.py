"""The tasks this orchestrator was given, bounded in number and in time. Pure: times are passed in, in monotonic seconds."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from orchestratord.errors import TaskAlreadyOpened, TooManyTasks, UnknownTask

MOST_TASKS = 10_000
IDLE_LIFE = 600.0
"""Seconds that a task is kept which nobody opened, or which is finished."""


class _Stage(Enum):
    WAITING = auto()
    RUNNING = auto()
    FINISHED = auto()


@dataclass(frozen=True, slots=True)
class Task:
    """One prompt for one pool."""

    task_id: str
    pool_id: str
    prompt: str
    max_tokens: int


@dataclass(slots=True)
class _Entry:
    task: Task | None
    pool_id: str
    since: float
    stage: _Stage = _Stage.WAITING


class TaskRegistry:
    """Tasks by id, oldest change first."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._entries: dict[str, _Entry] = {}
        self._unfinished: Counter[str] = Counter()

    def add(self, now: float, pool_id: str, prompt: str, max_tokens: int) -> Task:
        """Take a task; raises TooManyTasks when all places are held by unfinished ones."""
        self._expire(now)
        if len(self._entries) >= MOST_TASKS:
            self._drop_oldest_finished()
        task = Task(self._new_id(), pool_id, prompt, max_tokens)
        self._entries[task.task_id] = _Entry(task, pool_id, now)
        self._unfinished[pool_id] += 1
        return task

    def open(self, now: float, task_id: str) -> Task:
        """Begin a task; raises UnknownTask, and TaskAlreadyOpened the second time."""
        self._expire(now)
        entry = self._entries.get(task_id)
        if entry is None:
            raise UnknownTask
        if entry.task is None or entry.stage is not _Stage.WAITING:
            raise TaskAlreadyOpened
        entry.stage = _Stage.RUNNING
        return entry.task

    def finish(self, now: float, task_id: str) -> None:
        """End a running task; its prompt is forgotten."""
        entry = self._entries.pop(task_id)
        self._entries[task_id] = _Entry(None, entry.pool_id, now, _Stage.FINISHED)
        self._leave_queue(entry)

    def queue_depth(self, now: float, pool_id: str) -> int:
        """How many tasks of the pool are not finished."""
        self._expire(now)
        return self._unfinished[pool_id]

    def _expire(self, now: float) -> None:
        """Entries are in the order of their times, but for running ones, which do not expire."""
        due = []
        for task_id, entry in self._entries.items():
            if now - entry.since < IDLE_LIFE:
                break
            if entry.stage is not _Stage.RUNNING:
                due.append(task_id)
        for task_id in due:
            self._drop(task_id)

    def _drop_oldest_finished(self) -> None:
        finished = (task_id for task_id, entry in self._entries.items() if entry.stage is _Stage.FINISHED)
        oldest = next(finished, None)
        if oldest is None:
            raise TooManyTasks
        self._drop(oldest)

    def _drop(self, task_id: str) -> None:
        entry = self._entries.pop(task_id)
        if entry.stage is _Stage.WAITING:
            self._leave_queue(entry)

    def _leave_queue(self, entry: _Entry) -> None:
        self._unfinished[entry.pool_id] -= 1
        if not self._unfinished[entry.pool_id]:
            del self._unfinished[entry.pool_id]
