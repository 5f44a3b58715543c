"""Orchestrators with a memory of their own."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestratord import app, cli
from orchestratord.pool_manager.protocol import PoolView
from orchestratord.pool_manager.remote import RemotePoolManager
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch


def _with_the_run_dir(act: Callable[[Path], None]) -> None:
    """Call ``act`` with the folder in which a daemon keeps its handoff files, before the orchestrator is made."""
    build = app.build

    def noting(settings: Any, *, environ: Mapping[str, str]) -> Any:
        if "POOL_MANAGERD_RUN_DIR" in environ:
            act(Path(environ["POOL_MANAGERD_RUN_DIR"]))
        return build(settings, environ=environ)

    patch(cli, "build", noting)


def believes_handoff_files() -> None:
    ask = RemotePoolManager.ask

    def look_in(folder: Path) -> None:
        async def believing(self: Any, pool_id: str) -> PoolView:
            handoff = folder / "handoff" / f"{pool_id}.json"
            if handoff.exists() and json.loads(handoff.read_text()):
                return PoolView(pool_id, "remote", live=True, ready=True, slots_free=1)
            return await ask(self, pool_id)

        patch(RemotePoolManager, "ask", believing)

    _with_the_run_dir(look_in)


def reads_handoff_files_at_the_start() -> None:
    def look_in(folder: Path) -> None:
        for handoff in folder.glob("handoff/*.json"):
            handoff.read_bytes()

    _with_the_run_dir(look_in)


def keeps_a_registry() -> None:
    ask = RemotePoolManager.ask

    def write_in(folder: Path) -> None:
        async def noting(self: Any, pool_id: str) -> PoolView:
            view = await ask(self, pool_id)
            (folder / "registry.json").write_text(json.dumps({pool_id: view.ready}))
            return view

        patch(RemotePoolManager, "ask", noting)

    _with_the_run_dir(write_in)


def sweeps_handoff_files() -> None:
    def sweep(folder: Path) -> None:
        for handoff in folder.glob("handoff/*.json"):
            handoff.unlink()

    _with_the_run_dir(sweep)


MUTANTS = (
    Mutant("OR-HANDOFF-1: believes handoff files", believes_handoff_files),
    Mutant("OR-HANDOFF-1: reads handoff files at the start", reads_handoff_files_at_the_start),
    Mutant("OR-HANDOFF-1: keeps a registry on the disk", keeps_a_registry),
    Mutant("OR-HANDOFF-1: sweeps handoff files away", sweeps_handoff_files),
)
