import asyncio
import os
from typing import Any, cast

from behave import given, step, then, when

from poolpact.boundary import Boundary, boundary_of
from poolpact.evidence import absent, judges, right, wrong
from poolpact.expectation import expect
from poolpact.llamacpp.pool import LlamaPool, command_line, executable, server

LONG_WORK = 1500
"""Tokens: a stream of a second or so."""


async def manager_for_llamacpp(boundary: Boundary, token: str | None = None) -> None:
    allowed = {"POOL_MANAGERD_ENGINE_DIRS": str(server().path.parent)}
    await boundary.manager(allowed if token is None else {**allowed, "POOL_MANAGERD_TOKEN": token})


async def ready_pool(context: Any, slots: int, *, told: bool = True) -> None:
    boundary = boundary_of(context)
    await manager_for_llamacpp(boundary)
    pool = LlamaPool(boundary.world, await boundary.manager(), "llama")
    context.llama = pool
    boundary.pools["pool"] = cast(Any, pool)
    await pool.become_ready(slots=slots, told=told)


@given('a pool manager with the token "{token}"')
async def step_manager_with_token(context: Any, token: str) -> None:
    context.token = token
    await manager_for_llamacpp(boundary_of(context), token)


@given("a pool of a llama.cpp server that is ready, with {slots:d} slots that only the engine knows of")
@right
async def step_pool_untold(context: Any, slots: int) -> None:
    await ready_pool(context, slots, told=False)


@given("a pool of a llama.cpp server that is ready, with {slots:d} slots")
@given("a pool of a llama.cpp server that is ready, with {slots:d} slot")
@right
async def step_pool_ready(context: Any, slots: int) -> None:
    await ready_pool(context, slots)


# --- the process --------------------------------------------------------------------------------------------------


@then("the process of the pool runs the llama.cpp server with exactly the flags of the preload")
@judges("PM-PRELOAD-1")
@right
async def step_process(context: Any) -> None:
    pool: LlamaPool = context.llama
    seen = command_line(pool.pid)
    wanted = [pool.prepared["binary_path"], *pool.prepared["flags"]]
    expect(seen == wanted, f"expected {wanted}, got {seen}")
    program = executable(pool.pid)
    expect(program == server().path, f"expected {server().path}, got {program}")


@then("it leads a session of its own")
async def step_session(context: Any) -> None:
    pid = context.llama.pid
    found = (os.getsid(pid), os.getpgid(pid))
    expect(found == (pid, pid), f"expected session and group {pid}, got {found}")


@then("its health is that of a llama.cpp server with {slots:d} slots, and it is the one that listens there")
@right
async def step_engine_answers(context: Any, slots: int) -> None:
    pool: LlamaPool = context.llama
    expect(pool.listens(), f"process {pool.pid} does not listen on its port")
    expect(await pool.ask("/health") == {"status": "ok"}, "another health")
    props = await pool.ask("/props")
    expect(props["total_slots"] == slots, f"expected {slots} slots, got {props['total_slots']}")


@then("the environment of its process holds neither the token nor a setting of the daemon")
@judges("PM-AUTH-5")
@absent
async def step_environment(context: Any) -> None:
    environment = context.llama.process.environ()
    expect(bool(environment.get("PATH")), "an environment without PATH was read: it is not that of the engine")
    expect(context.token not in " ".join(environment.values()), "the token is in the environment")
    settings = [name for name in environment if name.startswith("POOL_MANAGERD_") and not name.endswith("_NONCE")]
    expect(not settings, f"settings of the daemon: {settings}")


@then("the status has {slots:d} slots, all of them free")
@judges("PM-READY-6")
@right
async def step_slots(context: Any, slots: int) -> None:
    status = await context.llama.status()
    found = (status["slots_total"], status["slots_free"])
    expect(found == (slots, slots), f"expected {slots} slots, all free, got {found}")


# --- a model that is none -----------------------------------------------------------------------------------------


@when("another pool is preloaded with a model that is no GGUF file")
async def step_broken_model(context: Any) -> None:
    boundary = boundary_of(context)
    context.broken = LlamaPool(boundary.world, await boundary.manager(), "broken")
    context.answer = await context.broken.preload(slots=1, broken=True)


@then("the preload fails with the exit code 1 and what the llama.cpp server printed")
@judges("PM-READY-3")
@wrong
async def step_broken_told(context: Any) -> None:
    answer = context.answer
    expect(answer.status >= 400, f"expected an error, got {answer.status}")
    told = answer.body.decode()
    printed = f"{context.broken.id}.gguf"
    expect("exit code 1" in told and printed in told, f"expected exit code 1 and {printed} in {told}")


@then("the ready pool is still served by the same process")
@right
async def step_same_process(context: Any) -> None:
    status = await context.llama.status()
    expect(status["ready"] and status["pid"] == context.llama.pid, f"another status: {status}")


# --- work ---------------------------------------------------------------------------------------------------------


@when("work with at most {tokens:d} tokens is given to the pool")
async def step_work(context: Any, tokens: int) -> None:
    await boundary_of(context).give_work(max_tokens=tokens)


@when("long work is given to the pool twice at once")
async def step_long_work_twice(context: Any) -> None:
    boundary = boundary_of(context)
    await asyncio.gather(*(boundary.give_work(max_tokens=LONG_WORK) for _ in range(2)))


@when("long work is given to the pool")
async def step_long_work(context: Any) -> None:
    await boundary_of(context).give_work(max_tokens=LONG_WORK)


@step("both have their first token while the other still streams")
@judges("OR-GATE-1")
@right
async def step_both_stream(context: Any) -> None:
    works = boundary_of(context).works
    await asyncio.gather(*(work.until_token() for work in works))
    leased = (await context.llama.status())["active_leases"]
    expect(all(work.tokens for work in works) and leased == 2, f"{leased} slots leased, {[work.names for work in works]}")


@when("its first token has arrived")
async def step_first_token_arrived(context: Any) -> None:
    await boundary_of(context).work.until_token()


@then("{tokens:d} tokens of printable text arrive in order, and the end says so")
@judges("OR-GATE-1")
@right
async def step_printable(context: Any, tokens: int) -> None:
    work = await boundary_of(context).work.to_the_end()
    work.assert_delivered()
    text = "".join(token["t"] for token in work.tokens)
    expect(len(work.tokens) == tokens and text.isprintable(), f"expected {tokens} tokens of printable text, got {text!r}")


@then("both deliver all their tokens")
@then("the two before deliver all their tokens")
@judges("OR-GATE-1")
@right
async def step_long_delivered(context: Any) -> None:
    works = boundary_of(context).works[:2]
    expect(len(works) == 2, f"work was given {len(works)} times")
    for work in works:
        (await work.to_the_end()).assert_delivered()


# --- stopping -----------------------------------------------------------------------------------------------------


@when("the pool is stopped")
async def step_stop(context: Any) -> None:
    answer = await context.llama.stop()
    expect(answer.status == 204, f"expected 204, got {answer.status}")


@then("its process is gone and its port is free")
@judges("PM-STOP-1")
@absent
async def step_gone(context: Any) -> None:
    await context.llama.until_gone()


@then("the pool can be preloaded again, and another process serves it")
@right
async def step_preloaded_again(context: Any) -> None:
    before = context.llama.pid
    await context.llama.become_ready(slots=2)
    status = await context.llama.status()
    expect(status["ready"] and status["pid"] == context.llama.pid != before, f"expected another process than {before}: {status}")


@then("the pool is unknown, and stopping it once more is refused as such")
@judges("PM-STOP-1")
@wrong
async def step_unknown(context: Any) -> None:
    answer = await context.llama.stop()
    expect(answer.status == 404, f"expected 404, got {answer.status}")
