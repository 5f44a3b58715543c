"""Fuzz pool-managerd with what openapi.yaml says of it (schemathesis): with a token and without one, and find nothing.

The daemon may execute the engine simulator and nothing else; nothing is left running.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from poolpact.contract import Coverage, load_document
from poolpact.ports import free_port

BIN = Path(sys.executable).parent
CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("fuzz_hooks.py")
ENGINES, COVERAGE = "FUZZ_ENGINES", "FUZZ_COVERAGE"
"""Folders, in the environment of the hooks: where the engine is, and where to leave what was seen of the contract."""

TOKEN = "a-token-for-fuzzing"
BUDGETS = {
    TOKEN: ["--max-examples", "30"],
    None: ["--phases", "examples,coverage", "--warnings", "off"],
}
"""Per token of the daemon, what schemathesis may spend. Without one only the boundaries of every parameter are tried again."""
PATIENCE = 30.0
ENGINE_LIFE = 20
"""Seconds after which an engine ends by itself, whatever happens to its daemon."""


@contextmanager
def daemon(folder: Path, token: str | None) -> Iterator[str]:
    """The URL of a daemon that works in ``folder``; raises SystemExit when it does not start, or leaves something running."""
    engines = folder / "engines"
    engines.mkdir()
    shutil.copy2(BIN / "poolpact-engine", engines)
    url = f"http://127.0.0.1:{free_port()}"
    settings = {
        "POOL_MANAGERD_ADDR": url.removeprefix("http://"),
        "POOL_MANAGERD_RUN_DIR": str(folder / "run"),
        "POOL_MANAGERD_ENGINE_DIRS": str(engines),
        "POOL_MANAGERD_STARTUP_TIMEOUT": "1s",
        "POOL_MANAGERD_STOP_GRACE": "200ms",
    }
    environment = {name: text for name, text in os.environ.items() if not name.startswith("POOL_MANAGERD_")} | settings
    log_path = folder / "daemon.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [BIN / "pool-managerd"],
            env=environment if token is None else environment | {"POOL_MANAGERD_TOKEN": token},
            stdout=log,
            stderr=log,
        )
    try:
        _await_health(url, process, log_path)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        exit_code = process.wait(PATIENCE)
    left = [found.pid for found in psutil.process_iter() if _is_of(found, engines)]
    if exit_code or left:
        raise SystemExit(f"the daemon ended with exit code {exit_code} and left {left}; its log:\n{log_path.read_text()[-4000:]}")


def _await_health(url: str, process: "subprocess.Popen[bytes]", log_path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise SystemExit(f"the daemon did not come up:\n{log_path.read_text()[-4000:]}")


def _is_of(process: psutil.Process, engines: Path) -> bool:
    try:
        return any(part.startswith(str(engines)) for part in process.cmdline())
    except psutil.Error:
        return False


def prepared_engine(engines: Path, port: int) -> dict[str, Any]:
    """What makes a PreparedEngine one that can be spawned, and that becomes healthy on a ``port`` of its own."""
    return {
        "binary_path": str(engines / "poolpact-engine"),
        "flags": ["--host", "127.0.0.1", "--port", str(port), "-m", "m.gguf", "--sim-life", str(ENGINE_LIFE)],
        "host": "127.0.0.1",
        "port": port,
        "health_path": "/health",
        "slots_total": 1,
    }


def fuzz(url: str, folder: Path, token: str | None, options: Sequence[str] = ()) -> int:
    """The exit code of schemathesis: 0 when it found nothing at ``url``. What was seen of the contract is left in ``folder``."""
    engines = folder / "engines"
    document = load_document()
    document["components"]["examples"]["llama_server"]["value"]["prepared"] |= prepared_engine(engines, free_port())
    if token is None:
        del document["security"]
    (folder / "openapi.json").write_text(json.dumps(document))
    told = {"SCHEMATHESIS_HOOKS": str(HOOKS), ENGINES: str(engines), COVERAGE: str(folder)}
    access = [] if token is None else ["-H", f"Authorization: Bearer {token}"]
    schemathesis = [str(BIN / "st"), "--config-file", str(CONFIG), "run", "openapi.json", "--url", url]
    return subprocess.run([*schemathesis, *access, *options], cwd=folder, env=os.environ | told).returncode


def main() -> int:
    """0 when nothing was found."""
    coverage = Coverage(load_document())
    failures = 0
    for token, budget in BUDGETS.items():
        with tempfile.TemporaryDirectory(prefix="poolpact-fuzz-") as name:
            folder = Path(name)
            with daemon(folder, token) as url:
                failures += fuzz(url, folder, token, budget) != 0
            coverage.gather(folder)
    print(coverage.summary())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
