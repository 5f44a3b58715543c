"""Orchestrators that refuse work in words of their own."""

from collections.abc import Mapping
from typing import Any

from orchestratord.api.event_stream import EventStream
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


def refuses_with_a_status() -> None:
    serve = EventStream._serve

    async def serve_or_refuse(self: Any, receive: Any, send: Any) -> None:
        head: Any = None
        is_refused: bool | None = None

        async def judge(message: Any) -> None:
            nonlocal head, is_refused
            if head is None:
                head = message
                return
            if is_refused is None:
                is_refused = message["body"].startswith(b"event: error")
                kind = [(b"content-type", b"application/json")]
                await send({"type": head["type"], "status": 503, "headers": kind} if is_refused else head)
                if is_refused:
                    await send({"type": "http.response.body", "body": b'{"code": "PoolUnready"}'})
            if not is_refused:
                await send(message)

        await serve(self, receive, judge)

    patch(EventStream, "_serve", serve_or_refuse)


MUTANTS = (
    Mutant("OR-GATE-2: does not say when to try again", does_not_say_when_to_try_again),
    Mutant("OR-GATE-2: says in words when to try again", says_it_in_seconds),
    Mutant(
        "OR-GATE-2: refuses with a code of its own",
        has_a_code_of_its_own,
        also=frozenset({"OR-GATE-4"}),
        why="a slot that is lost is refused with the same code",
    ),
    Mutant(
        "OR-GATE-2: refuses the stream with a status",
        refuses_with_a_status,
        also=frozenset({"OR-GATE-4", "OR-DEG-2"}),
        why="a slot that is lost is refused in the same way, and so is what has to be refused within the deadline",
    ),
    Mutant("OR-GATE-2: says that it started before it looks", starts_before_it_looks),
)
