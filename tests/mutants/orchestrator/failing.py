"""Orchestrators that believe what is wrong, or break down at it."""

import json
from dataclasses import replace
from typing import Any

from orchestratord.client import calls
from orchestratord.client.models import PoolStatus
from orchestratord.errors import PoolManagerError, ProtocolViolation, Rejected, TimedOut, Unreachable
from orchestratord.pool_manager.protocol import PoolView
from orchestratord.pool_manager.remote import RemotePoolManager
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def cannot_bear_what_was_not_agreed_on() -> None:
    async def health(self: Any, pool_id: str) -> Any:
        try:
            return await self.ask(pool_id)
        except ProtocolViolation as error:
            raise RuntimeError("not agreed on") from error
        except PoolManagerError as error:
            return PoolView(pool_id, "remote", last_error=str(error))

    patch(RemotePoolManager, "health", health)


def cannot_bear_errors() -> None:
    async def health(self: Any, pool_id: str) -> Any:
        try:
            return await self.ask(pool_id)
        except Rejected as error:
            if error.status >= 500:
                raise RuntimeError("down") from error
            return PoolView(pool_id, "remote", last_error=str(error))
        except PoolManagerError as error:
            return PoolView(pool_id, "remote", last_error=str(error))

    patch(RemotePoolManager, "health", health)


def believes_another_pools_answer() -> None:
    patch(calls, "_of_pool", lambda answered, pool_id: answered)


def believes_loose_types() -> None:
    PoolStatus.model_config["strict"] = False
    PoolStatus.model_rebuild(force=True)


def makes_up_what_is_missing() -> None:
    class Lenient(PoolStatus):
        active_leases: int = 0
        slots_total: int = 1
        slots_free: int = 1

    patch(calls, "PoolStatus", Lenient)


def expects_an_object() -> None:
    read = calls._read

    def trusting(model: Any, answer: Any, *statuses: int) -> Any:
        if answer.status == 200 and answer.body[:1] in (b"[", b"n", b'"'):
            return json.loads(answer.body)["pool_id"]
        return read(model, answer, *statuses)

    patch(calls, "_read", trusting)


def keeps_the_cause_to_itself() -> None:
    health = RemotePoolManager.health

    async def terse(self: Any, pool_id: str) -> PoolView:
        return replace(await health(self, pool_id), last_error=None)

    patch(RemotePoolManager, "health", terse)


def takes_silence_for_loading() -> None:
    async def health(self: Any, pool_id: str) -> Any:
        try:
            return await self.ask(pool_id)
        except TimedOut as error:
            return PoolView(pool_id, "remote", live=True, last_error=str(error))
        except PoolManagerError as error:
            return PoolView(pool_id, "remote", last_error=str(error))

    patch(RemotePoolManager, "health", health)


def tells_what_it_heard_last() -> None:
    heard: dict[str, PoolView] = {}

    async def health(self: Any, pool_id: str) -> PoolView:
        try:
            heard[pool_id] = await self.ask(pool_id)
        except Unreachable as error:
            return heard.get(pool_id, PoolView(pool_id, "remote", last_error=str(error)))
        except PoolManagerError as error:
            return PoolView(pool_id, "remote", last_error=str(error))
        return heard[pool_id]

    patch(RemotePoolManager, "health", health)


def takes_loading_for_down() -> None:
    ask = RemotePoolManager.ask

    async def impatient(self: Any, pool_id: str) -> PoolView:
        view = await ask(self, pool_id)
        return view if view.ready else PoolView(pool_id, "remote", last_error="the pool is not ready")

    patch(RemotePoolManager, "ask", impatient)


def wants_no_unknown_member() -> None:
    read = calls._read
    known = {"state", "engine_version", "device_mask", "model_path", "pid", *PoolStatus.model_fields}

    def strict(model: Any, answer: Any, *statuses: int) -> Any:
        said = read(model, answer, *statuses)
        if model is PoolStatus and not json.loads(answer.body).keys() <= known:
            raise ProtocolViolation("an unknown member")
        return said

    patch(calls, "_read", strict)


def reads_members_in_any_case() -> None:
    read = calls._read

    def caseless(model: Any, answer: Any, *statuses: int) -> Any:
        if model is PoolStatus and answer.status == 200:
            said = json.loads(answer.body)
            if isinstance(said, dict):
                lowered = {name.lower(): value for name, value in said.items()}
                answer = replace(answer, body=json.dumps(lowered).encode())
        return read(model, answer, *statuses)

    patch(calls, "_read", caseless)


MUTANTS = (
    Mutant("OR-DEG-1: breaks down at an answer that was not agreed on", cannot_bear_what_was_not_agreed_on),
    Mutant("OR-DEG-1: breaks down where its pool manager does", cannot_bear_errors),
    Mutant("OR-DEG-1: believes another pool's answer", believes_another_pools_answer),
    Mutant("OR-DEG-1: believes loose types", believes_loose_types),
    Mutant("OR-DEG-1: makes up what is missing", makes_up_what_is_missing),
    Mutant("OR-DEG-1: cannot bear JSON that is no object", expects_an_object),
    Mutant("OR-DEG-1: keeps the cause to itself", keeps_the_cause_to_itself),
    Mutant(
        "OR-DEG-1: takes silence for loading",
        takes_silence_for_loading,
        also=frozenset({"OR-DEG-2"}),
        why="what it says in time is just as wrong",
    ),
    Mutant(
        "OR-DEG-1: tells what it heard last",
        tells_what_it_heard_last,
        also=frozenset({"OR-HANDOFF-1"}),
        why="what it remembers of pools is a registry of its own",
    ),
    Mutant(
        "OR-DEG-1: takes loading for an outage",
        takes_loading_for_down,
        also=frozenset({"OR-DEG-3"}),
        why="there a pool that is loading is asked for to see that the member was not taken for its state",
    ),
    Mutant("OR-DEG-3: wants no unknown member", wants_no_unknown_member),
    Mutant("OR-DEG-3: reads members in upper case as well", reads_members_in_any_case),
)
