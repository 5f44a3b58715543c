import itertools

import pytest

from orchestratord.errors import TaskAlreadyOpened, TooManyTasks, UnknownTask
from orchestratord.tasks import IDLE_LIFE, MOST_TASKS, Task, TaskRegistry


def registry() -> TaskRegistry:
    numbers = itertools.count()
    return TaskRegistry(lambda: f"t{next(numbers)}")


def add(tasks: TaskRegistry, now: float = 0.0, pool_id: str = "p") -> Task:
    return tasks.add(now, pool_id, "prompt", 5)


def test_a_task_is_opened_once() -> None:
    tasks = registry()
    task = add(tasks)
    assert tasks.open(1.0, task.task_id) == task
    with pytest.raises(TaskAlreadyOpened):
        tasks.open(1.0, task.task_id)
    tasks.finish(2.0, task.task_id)
    with pytest.raises(TaskAlreadyOpened):
        tasks.open(3.0, task.task_id)


def test_an_unknown_task() -> None:
    with pytest.raises(UnknownTask):
        registry().open(0.0, "nope")


def test_the_queue_of_a_pool_is_what_is_not_finished() -> None:
    tasks = registry()
    first, _, _ = add(tasks), add(tasks), add(tasks, pool_id="q")
    assert (tasks.queue_depth(0.0, "p"), tasks.queue_depth(0.0, "q"), tasks.queue_depth(0.0, "r")) == (2, 1, 0)
    tasks.open(0.0, first.task_id)
    assert tasks.queue_depth(0.0, "p") == 2
    tasks.finish(0.0, first.task_id)
    assert tasks.queue_depth(0.0, "p") == 1


def test_idle_tasks_are_dropped_and_running_ones_stay() -> None:
    tasks = registry()
    running, finished, waiting = add(tasks), add(tasks), add(tasks)
    tasks.open(0.0, running.task_id)
    tasks.open(0.0, finished.task_id)
    tasks.finish(1.0, finished.task_id)
    assert tasks.queue_depth(IDLE_LIFE, "p") == 1
    for task in (waiting, finished):
        with pytest.raises(UnknownTask):
            tasks.open(1.0 + IDLE_LIFE, task.task_id)
    tasks.finish(2.0 + IDLE_LIFE, running.task_id)
    assert tasks.queue_depth(2.0 + IDLE_LIFE, "p") == 0


def test_their_number_is_bounded_and_finished_ones_go_first() -> None:
    tasks = registry()
    first = add(tasks)
    for _ in range(MOST_TASKS - 1):
        add(tasks)
    with pytest.raises(TooManyTasks):
        add(tasks)
    tasks.open(0.0, first.task_id)
    tasks.finish(0.0, first.task_id)
    add(tasks)
    with pytest.raises(UnknownTask):
        tasks.open(0.0, first.task_id)
    with pytest.raises(TooManyTasks):
        add(tasks)
    add(tasks, now=IDLE_LIFE)
