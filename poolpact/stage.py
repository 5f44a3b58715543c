"""Where scenarios play: an event loop, and the target of the mode on it."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from poolpact.ledger import Entry
from poolpact.options import Options
from poolpact.targets.base import Target
from poolpact.virtual.loop import IdleTellingLoop
from poolpact.world import World

T = TypeVar("T")
Record = Callable[[Entry], None]


class Player(Protocol):
    """What happens before and after the steps of a scenario that is to be played."""

    def begin(self, context: Any, scenario: Any) -> None:
        """Before them."""
        ...

    def end(self, context: Any, entry: Entry, scenario: Any, record: Record) -> None:
        """After them: ``record`` what came of ``scenario``, which is ``entry`` unless the end is bad; then it raises."""
        ...


class Stage:
    """The loop and the target of the scenarios that run in this process, from ``__enter__`` to ``__exit__``.

    Entering raises :class:`~poolpact.targets.base.CannotJudge`. ``scratch`` is a folder of its own. A :class:`Player`.
    """

    def __init__(self, options: Options, scratch: Path) -> None:
        self._options = options
        self._scratch = scratch

    def __enter__(self) -> "Stage":
        is_virtual = self._options.mode == "embedded" and self._options.engine == "simulated"
        self._loop = IdleTellingLoop() if is_virtual else asyncio.SelectorEventLoop()
        asyncio.set_event_loop(self._loop)
        self._target = _make_target(self._options, self._scratch)
        try:
            self._complete(self._target.start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._complete(_close(self._target))
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    def begin(self, context: Any, scenario: Any) -> None:
        """See :class:`Player`."""
        context.world = World(self._target, self._options)

    def end(self, context: Any, entry: Entry, scenario: Any, record: Record) -> None:
        """See :class:`Player`."""
        try:
            if "world" in context:
                self._complete(cast(World, context.world).aclose())
        except BaseException as error:
            if entry.outcome == "passed":
                entry = Entry(entry.requirement_id, entry.scenario, "blocked", f"the clean-up: {error}")
            raise
        finally:
            record(entry)

    def _complete(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)


def _make_target(options: Options, scratch: Path) -> Target:
    module = importlib.import_module(f"poolpact.targets.{options.mode}")
    return cast(Target, getattr(module, f"{options.mode.title()}Target")(options, scratch))


async def _close(target: Target) -> None:
    await target.aclose()
    left = asyncio.all_tasks() - {cast("asyncio.Task[Any]", asyncio.current_task())}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
