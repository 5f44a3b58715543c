"""An event loop that can say when it has nothing left to do."""

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _TellingSelector(selectors.BaseSelector):
    """A selector that tells when the loop is about to block: no callback is ready and no socket has anything to say."""

    def __init__(self) -> None:
        self._inner = selectors.DefaultSelector()
        self.on_idle: Callable[[], bool] = bool

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return self._inner.select(timeout)
        return self._inner.select(0) or ([] if self.on_idle() else self._inner.select(timeout))


class _InlineExecutor(ThreadPoolExecutor):
    """Runs what it is given at once, in the calling thread: short disk work must not race virtual time."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class IdleTellingLoop(asyncio.SelectorEventLoop):
    """A selector loop on which :meth:`idle` can be awaited. Its default executor works inline."""

    def __init__(self) -> None:
        selector = _TellingSelector()
        super().__init__(selector)
        self._waiting: deque[asyncio.Future[None]] = deque()
        selector.on_idle = self._wake_one
        self.set_default_executor(_InlineExecutor(max_workers=1))

    async def idle(self) -> None:
        """Return when nothing else can go on. Of several that wait one is woken at a time, in turn."""
        future = self.create_future()
        self._waiting.append(future)
        await future

    def _wake_one(self) -> bool:
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                return True
        return False
