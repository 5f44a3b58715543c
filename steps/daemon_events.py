"""Sentences about readers of the events."""

from typing import Any

from behave import given, then, when

from poolpact.daemon.leases import Leases
from poolpact.daemon.readers import Readers
from poolpact.evidence import judges, right


def readers(context: Any) -> Readers:
    made: Readers = context.world.of(Readers)
    return made


@given("a reader {reader:Name} of the events")
@right
async def step_reader(context: Any, reader: str) -> None:
    await readers(context).begin_and_know(reader)


@when("reader {reader:Name} begins to read the events")
async def step_begin(context: Any, reader: str) -> None:
    await readers(context).begin(reader)


@when("reader {reader:Name} hangs up")
async def step_hang_up(context: Any, reader: str) -> None:
    await readers(context).hang_up(reader)


@when("reader {reader:Name} comes back")
async def step_come_back(context: Any, reader: str) -> None:
    await readers(context).come_back(reader)


@when("reader {reader:Name} comes back with {id_}")
async def step_come_back_with(context: Any, reader: str, id_: str) -> None:
    await readers(context).come_back_with(reader, id_)


@given("the status of pool {name:Name} is very long")
def step_long_status(context: Any, name: str) -> None:
    context.world.prepared(name, model_path=f"/models/{'x' * 4000}.gguf")


@when("{count:d} leases are taken on pool {name:Name} and given back, one after the other")
async def step_come_and_go(context: Any, count: int, name: str) -> None:
    leases = context.world.of(Leases)
    for _ in range(count):
        await leases.hold("one of many", name)
        await leases.give_back("one of many")


@then("reader {reader:Name} is told first of all pools, and of {names:Names} what its status says")
@then("reader {reader:Name} is told first of all pools, and of {names:Names} what their statuses say")
@judges("PM-OBS-3")
@right
async def step_told_first(context: Any, reader: str, names: list[str]) -> None:
    await readers(context).told_first(reader, names)


@then("reader {reader:Name} is told to begin anew, with all pools, and of {names:Names} what its status says")
@judges("PM-OBS-3")
@right
async def step_told_anew(context: Any, reader: str, names: list[str]) -> None:
    await readers(context).told_anew(reader, names)


@then("reader {reader:Name} is told that pool {name:Name} is live and not ready")
@judges("PM-OBS-3")
@right
async def step_told_loading(context: Any, reader: str, name: str) -> None:
    await readers(context).told_pool(reader, name, live=True, ready=False)


@then("reader {reader:Name} is told that pool {name:Name} is live and ready")
@judges("PM-OBS-3")
@right
async def step_told_ready(context: Any, reader: str, name: str) -> None:
    await readers(context).told_pool(reader, name, live=True, ready=True)


@then("reader {reader:Name} is told that pool {name:Name} is neither live nor ready")
@judges("PM-OBS-3")
@right
async def step_told_dead(context: Any, reader: str, name: str) -> None:
    await readers(context).told_pool(reader, name, live=False, ready=False)


@then("reader {reader:Name} is told that pool {name:Name} is gone")
@judges("PM-OBS-3")
@right
async def step_told_gone(context: Any, reader: str, name: str) -> None:
    await readers(context).told_gone(reader, name)


@then("reader {reader:Name} is told that pool {name:Name} has {active:d} active lease and {free:d} free slot")
@then("reader {reader:Name} is told that pool {name:Name} has {active:d} active leases and {free:d} free slot")
@then("reader {reader:Name} is told that pool {name:Name} has {active:d} active leases and {free:d} free slots")
@judges("PM-OBS-3")
@right
async def step_told_counts(context: Any, reader: str, name: str, active: int, free: int) -> None:
    await readers(context).told_pool(reader, name, active_leases=active, slots_free=free)


@then("reader {reader:Name} was told every change of pool {name:Name} once, in order")
@judges("PM-OBS-3")
@right
async def step_told_everything(context: Any, reader: str, name: str) -> None:
    await readers(context).told_everything(reader, name)


@then("reader {reader:Name} was told what it had missed of pool {name:Name}, and nothing besides")
@judges("PM-OBS-3")
@right
async def step_told_what_was_missed(context: Any, reader: str, name: str) -> None:
    await readers(context).told_what_was_missed(reader, name)


@then("readers {names:Names} were told the same changes")
@judges("PM-OBS-3")
@right
async def step_told_the_same(context: Any, names: list[str]) -> None:
    await readers(context).told_the_same(*names)


@then("reader {reader:Name}, which reads again, is told everything of pool {name:Name}, or that it has missed something")
@judges("PM-OBS-3")
@right
async def step_recovers(context: Any, reader: str, name: str) -> None:
    await readers(context).recovers(reader, name)


@then("reader {reader:Name} hears something {times:d} times, each within {seconds:d} seconds")
@judges("PM-OBS-3")
@right
async def step_hears(context: Any, reader: str, times: int, seconds: int) -> None:
    await readers(context).hears(reader, seconds, times)
