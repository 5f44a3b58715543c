import asyncio
import socket
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from poolpact.virtual.loop import IdleTellingLoop

T = TypeVar("T")


class Run:
    def __init__(self) -> None:
        self.loop = IdleTellingLoop()

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


@pytest.fixture
def run() -> Iterator[Run]:
    made = Run()
    yield made
    made.loop.close()


def test_idle_comes_when_everything_else_has_run(run: Run) -> None:
    steps: list[int] = []

    async def busy() -> None:
        for step in range(5):
            steps.append(step)
            await asyncio.sleep(0)

    async def main() -> list[int]:
        task = asyncio.create_task(busy())
        await run.loop.idle()
        assert task.done()
        return steps

    assert run(main()) == [0, 1, 2, 3, 4]


def test_what_waits_for_a_timer_does_not_keep_the_loop_busy(run: Run) -> None:
    async def main() -> bool:
        task = asyncio.create_task(asyncio.sleep(3600))
        await run.loop.idle()
        waits = not task.done()
        task.cancel()
        return waits

    assert run(main())


def test_of_several_that_wait_each_has_an_idle_loop_of_its_own(run: Run) -> None:
    log: list[str] = []

    async def main() -> None:
        async def waiter(name: str) -> None:
            await run.loop.idle()
            log.append(f"{name} woke")
            asyncio.get_running_loop().call_soon(log.append, f"what {name} did")

        await asyncio.gather(waiter("a"), waiter("b"))

    run(main())
    assert log == ["a woke", "what a did", "b woke", "what b did"]


def test_a_cancelled_waiter_is_passed_over(run: Run) -> None:
    async def main() -> None:
        first = asyncio.create_task(run.loop.idle())
        await asyncio.sleep(0)
        first.cancel()
        await run.loop.idle()

    run(main())


def test_bytes_that_have_arrived_are_read_before_the_loop_is_idle(run: Run) -> None:
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)

    async def main() -> bytes:
        received = asyncio.create_task(run.loop.sock_recv(near, 10))
        await run.loop.sock_sendall(far, b"hello")
        await run.loop.idle()
        return received.result()

    with near, far:
        assert run(main()) == b"hello"


def test_work_for_a_thread_is_done_at_once(run: Run) -> None:
    async def main() -> int:
        task = asyncio.create_task(asyncio.to_thread(int, "7"))
        await run.loop.idle()
        return task.result()

    assert run(main()) == 7


def test_what_work_for_a_thread_raises_reaches_who_waits(run: Run) -> None:
    async def main() -> None:
        await asyncio.to_thread(int, "seven")

    with pytest.raises(ValueError, match="seven"):
        run(main())
