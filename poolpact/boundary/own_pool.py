"""The pool that an orchestrator in fallback mode starts itself: one a run, by a pools.toml of its own."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from poolpact.ports import free_port
from poolpact.world import ENGINE

_POOL_ID = f"own-pool-{secrets.token_hex(4)}"
"""Never used before: a back-channel folder may outlast a run."""
_LIFE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class OwnPool:
    """Its id, which is also the nonce of its engine's records, and the settings with which an orchestrator starts it."""

    id: str
    settings: dict[str, str]


def own_pool(folder: Path) -> OwnPool:
    """The own pool of the run whose back-channel folder is ``folder``; laid out on first use."""
    pools = folder / f"{_POOL_ID}.toml"
    if not pools.exists():
        pools.write_text(_pools_toml(folder), encoding="utf-8")
    settings = {
        "ORCHESTRATORD_POOLS": str(pools),
        "POOL_MANAGER_MODE": "fallback",
        "POOL_MANAGERD_ENGINE_DIRS": str(ENGINE.parent),
        "POOL_MANAGERD_RUN_DIR": str(folder / f"{_POOL_ID}.run"),
    }
    return OwnPool(_POOL_ID, settings)


def _pools_toml(folder: Path) -> str:
    listen = ["--host", "{host}", "--port", "{port}", "-m", "{model}"]
    told = ["--sim-dir", str(folder), "--sim-nonce", _POOL_ID, "--sim-life", str(_LIFE_SECONDS)]
    members = {
        "binary": str(ENGINE),
        "flags": [*listen, *told],
        "port": free_port(),
        "model": "/models/simulated.gguf",
        "slots": 1,
        "engine_version": "simulated-1",
    }
    lines = [f"[pools.{_POOL_ID}]", *(f"{name} = {json.dumps(value)}" for name, value in members.items())]
    return "\n".join(lines) + "\n"
