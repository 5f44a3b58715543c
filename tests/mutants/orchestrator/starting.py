"""Orchestrators that start where they should refuse, or look for their pool manager elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from orchestratord import cli
from orchestratord import settings as settings_module
from orchestratord.client import address
from orchestratord.errors import InvalidSettings
from orchestratord.pool_manager.protocol import PoolView
from orchestratord.pool_manager.remote import RemotePoolManager
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def shrugs_at(name: str) -> Callable[[], None]:
    def apply() -> None:
        read = settings_module.read_settings

        def lenient(environ: Mapping[str, str], flags: Mapping[str, str]) -> Any:
            try:
                return read(environ, flags)
            except InvalidSettings:
                return read({other: value for other, value in environ.items() if other != name}, flags)

        patch(cli, "read_settings", lenient)

    return apply


def keeps_the_slash() -> None:
    check = address.check_url

    def as_it_is(url: str) -> str:
        check(url)
        return url

    patch(address, "check_url", as_it_is)
    patch(settings_module, "check_url", as_it_is)


def breaks_down_at_a_bad_address() -> None:
    check = address.check_url

    def failing(url: str) -> str:
        try:
            return check(url)
        except InvalidSettings as error:
            break_down(error)

    def break_down(error: InvalidSettings) -> NoReturn:
        raise RuntimeError("cannot go on") from error

    patch(settings_module, "check_url", failing)


def names_no_mode() -> None:
    ask = RemotePoolManager.ask

    async def vague(self: Any, pool_id: str) -> PoolView:
        return replace(await ask(self, pool_id), source="somewhere")  # type: ignore[arg-type]

    patch(RemotePoolManager, "ask", vague)


MUTANTS = (
    Mutant("OR-CFG-1: shrugs at a bad address", shrugs_at("POOL_MANAGERD_URL")),
    Mutant("OR-CFG-1: keeps the slash at the end of its address", keeps_the_slash),
    Mutant("OR-CFG-1: breaks down at a bad address", breaks_down_at_a_bad_address),
    Mutant("OR-CFG-2: shrugs at a bad mode", shrugs_at("POOL_MANAGER_MODE")),
    Mutant(
        "OR-CFG-2: does not say where its answers come from",
        names_no_mode,
        also=frozenset({"OR-FALLBACK-1"}),
        why="whoever asks an orchestrator in fallback mode is told the same",
    ),
)
