import asyncio
from typing import Any

from behave import then, when

from poolpact.boundary import boundary_of
from poolpact.evidence import absent, judges, neither, right, wrong
from poolpact.expectation import expect

# --- giving work --------------------------------------------------------------------------------------------------


@when("work is given to the pool")
@when("work is given to the pool once more")
async def step_give_work(context: Any) -> None:
    await boundary_of(context).give_work()


@when('work with the prompt "{prompt}" and at most {tokens:d} tokens is given to the pool')
async def step_give_prompt(context: Any, prompt: str, tokens: int) -> None:
    await boundary_of(context).give_work(prompt=prompt, max_tokens=tokens)


@when("work is given to the pool twice")
async def step_give_twice(context: Any) -> None:
    for _ in range(2):
        await boundary_of(context).give_work()


@when("work is given to both pools")
async def step_give_both(context: Any) -> None:
    boundary = boundary_of(context)
    for name in ("other", "pool"):
        await boundary.give_work(boundary.pools[name])


@when("work is given to the pool by {callers:d} callers at once")
async def step_give_many(context: Any, callers: int) -> None:
    boundary = boundary_of(context)
    await asyncio.gather(*(boundary.give_work() for _ in range(callers)))


@when("work is offered to the pool")
async def step_offer_work(context: Any) -> None:
    await boundary_of(context).offer_work()


@when("work is offered to the pool by {callers:d} callers at once")
async def step_offer_many(context: Any, callers: int) -> None:
    boundary = boundary_of(context)
    await asyncio.gather(*(boundary.offer_work() for _ in range(callers)))


@when("a task is left for the pool")
async def step_leave_task(context: Any) -> None:
    await boundary_of(context).leave_task()


@when("the stream of the task is opened")
async def step_open_stream(context: Any) -> None:
    await boundary_of(context).work.open()


@when("the caller hangs up")
async def step_hang_up(context: Any) -> None:
    await boundary_of(context).work.hang_up()


# --- what its streams say -----------------------------------------------------------------------------------------


@when("work for the pool delivers its tokens")
@then("work for the pool delivers its tokens")
@right
async def step_work_delivers(context: Any) -> None:
    await boundary_of(context).deliver()


@then("the stream delivers its tokens")
@then("the stream delivers the other tokens and ends")
@judges("OR-GATE-1")
@right
async def step_stream_delivers(context: Any) -> None:
    (await boundary_of(context).work.to_the_end()).assert_delivered()


@then("the stream delivers {tokens:d} tokens in order and says so at its end")
@judges("OR-GATE-1")
@right
async def step_stream_delivers_count(context: Any, tokens: int) -> None:
    work = boundary_of(context).work
    expect(work.max_tokens == tokens, f"{work.max_tokens} tokens were asked for")
    (await work.to_the_end()).assert_delivered()


@then("both streams deliver their tokens")
@right
async def step_both_deliver(context: Any) -> None:
    works = boundary_of(context).works
    expect(len(works) >= 2, f"{len(works)} streams were opened")
    for work in works[:2]:
        (await work.to_the_end()).assert_delivered()


@then("the first token arrives while the engine pauses")
@then("the first token of both arrives while the engine pauses")
@right
async def step_first_token(context: Any) -> None:
    works = boundary_of(context).works
    expect(bool(works), "no stream was opened")
    for work in works:
        await work.until_token()
        expect(work.names == ["started", "token"], f"expected a start and a token, got {work.told}")


@then("the stream ends without a token")
@judges("OR-GATE-1")
@wrong
async def step_no_token(context: Any) -> None:
    work = await boundary_of(context).work.to_the_end()
    expect(work.names[-1:] == ["end"] and not work.tokens, f"expected an end without a token, got {work.told}")


@then("the other pool's stream ends without a token")
@judges("OR-GATE-1")
@wrong
async def step_other_no_token(context: Any) -> None:
    work = await boundary_of(context).works[-2].to_the_end()
    expect(work.names[-1:] == ["end"] and not work.tokens, f"expected an end without a token, got {work.told}")


@then("the stream ends with an error after {tokens:d} tokens")
@wrong
async def step_error_after(context: Any, tokens: int) -> None:
    work = await boundary_of(context).work.to_the_end()
    expected = ["started", *["token"] * tokens, "error", "end"]
    expect(work.names == expected, f"expected {expected}, got {work.told}")


@then("the stream is an error PoolUnready with a time to try again, and then the end")
@judges("OR-GATE-2")
@wrong
async def step_refused(context: Any) -> None:
    (await boundary_of(context).work.to_the_end()).assert_refused()


@then("every stream is an error PoolUnready with a time to try again, and then the end")
@judges("OR-GATE-2")
@wrong
async def step_all_refused(context: Any) -> None:
    works = boundary_of(context).works[-10:]
    expect(len(works) == 10, f"{len(works)} streams were opened")
    for work in works:
        (await work.to_the_end()).assert_refused()


@then("the stream ends with an error PoolUnready, without a token")
@judges("OR-GATE-4")
@wrong
async def step_pool_unready(context: Any) -> None:
    work = await boundary_of(context).work.to_the_end()
    expect(work.names[-2:] == ["error", "end"] and not work.tokens, f"expected an error and the end, got {work.told}")
    expect(work.errors[-1].get("code") == "PoolUnready", f"expected PoolUnready, got {work.told}")


@then("{served:d} streams have their first token and {refused:d} end without one")
@right
@wrong
async def step_some_served(context: Any, served: int, refused: int) -> None:
    works = boundary_of(context).works
    await asyncio.gather(*(work.until_decided() for work in works))
    expect(sum(bool(work.tokens) for work in works) == served, f"expected {served} served, got {[work.told for work in works]}")
    losers = [work for work in works if not work.tokens]
    expect(len(losers) == refused, f"expected {refused} without a token, got {len(losers)}")
    for work in losers:
        await work.to_the_end()
        expect(work.names[-1:] == ["end"] and not work.tokens, f"expected an end without a token, got {work.told}")


# --- what the engine and the pool manager saw ---------------------------------------------------------------------


@then("nothing reached the engine")
@judges("OR-GATE-1", "OR-GATE-2", "OR-GATE-4")
@absent
async def step_nothing_reached(context: Any) -> None:
    reached = boundary_of(context).pool.new_completions()
    expect(not reached, f"the engine was given {reached}")


@then("the engine works for nobody")
@absent
async def step_engine_idle(context: Any) -> None:
    await boundary_of(context).pool.until_idle()


@then("the engine was given the work once")
@judges("OR-RETRY-1")
async def step_reached_once(context: Any) -> None:
    reached = boundary_of(context).pool.new_completions()
    expect(len(reached) == 1, f"the engine was given {reached}")


@then('the engine was given the prompt "{prompt}" and at most {tokens:d} tokens')
@judges("OR-GATE-1")
@right
async def step_reached_prompt(context: Any, prompt: str, tokens: int) -> None:
    reached = [(event["prompt"], event["n_predict"]) for event in boundary_of(context).pool.new_completions()]
    expect(reached == [(prompt, tokens)], f"the engine was given {reached}")


@then("no slot of the pool is leased")
@judges("OR-GATE-3")
@neither
async def step_none_leased(context: Any) -> None:
    await boundary_of(context).pool.until_leased(0)


@then("{count:d} slot of the pool is leased")
@then("{count:d} slots of the pool are leased")
@judges("OR-GATE-3")
async def step_leased(context: Any, count: int) -> None:
    await boundary_of(context).pool.until_leased(count)


@then("1 slot of the pool stays leased for {milliseconds:d} ms")
@judges("OR-GATE-3")
async def step_stays_leased(context: Any, milliseconds: int) -> None:
    boundary = boundary_of(context)

    async def check() -> bool:
        return await boundary.pool.leased() == 1

    await boundary.world.time.throughout(check, seconds=milliseconds / 1000, what="a leased slot")
