"""Orchestrators that refuse work in words of their own."""

from collections.abc import Mapping
from typing import Any

from orchestratord.dispatch import Dispatcher, Emit
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def does_not_say_when_to_try_again() -> None:
    fail = Dispatcher._fail

    async def terse(self: Any, task: Any, emit: Emit, code: str, error: Exception, **_: int) -> None:
        await fail(self, task, emit, code, error)

    patch(Dispatcher, "_fail", terse)


def has_a_code_of_its_own() -> None:
    fail = Dispatcher._fail

    async def renamed(self: Any, task: Any, emit: Emit, code: str, error: Exception, **more: int) -> None:
        await fail(self, task, emit, "NotReady" if code == "PoolUnready" else code, error, **more)

    patch(Dispatcher, "_fail", renamed)


def starts_before_it_looks() -> None:
    run = Dispatcher._run

    async def eager(self: Any, task: Any, emit: Emit) -> None:
        await emit("started", {})

        async def once(name: str, data: Mapping[str, Any]) -> None:
            if name != "started":
                await emit(name, data)

        await run(self, task, once)

    patch(Dispatcher, "_run", eager)


def says_it_in_seconds() -> None:
    fail = Dispatcher._fail

    async def in_seconds(self: Any, task: Any, emit: Emit, code: str, error: Exception, **more: int) -> None:
        told: dict[str, Any] = {name: f"{value / 1000:g}s" for name, value in more.items()}
        await fail(self, task, emit, code, error, **told)

    patch(Dispatcher, "_fail", in_seconds)


MUTANTS = (
    Mutant("OR-GATE-2: does not say when to try again", does_not_say_when_to_try_again),
    Mutant("OR-GATE-2: says in words when to try again", says_it_in_seconds),
    Mutant(
        "OR-GATE-2: refuses with a code of its own",
        has_a_code_of_its_own,
        also=frozenset({"OR-GATE-4"}),
        why="a slot that is lost is refused with the same code",
    ),
    Mutant("OR-GATE-2: says that it started before it looks", starts_before_it_looks),
)
