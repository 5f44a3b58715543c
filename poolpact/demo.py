"""`make demo`: both daemons, a real llama.cpp server, real tokens, and nothing left running."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
from rich.console import Console

from poolpact.llamacpp.server import LlamaServerMissing, find_llama_server
from poolpact.llamacpp.tiny_model import write_tiny_model
from poolpact.ports import free_port

BIN = Path(sys.executable).parent
POOL = "tiny"
PROMPT = "Once upon a time"
PATIENCE = 30.0

console = Console(highlight=False, soft_wrap=True)


def _say(what: str) -> None:
    console.print(f"[bold cyan]==>[/] {what}")


@contextmanager
def _process(name: str, environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([BIN / name], env=os.environ | environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)
        _say(f"{name} stopped with exit code {process.returncode}")


def _await_health(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise SystemExit(f"{log.stem} did not come up:\n{log.read_text()}")


def _pools_toml(server: Path, model: Path, port: int) -> str:
    flags = ["-m", "{model}", "--host", "{host}", "--port", "{port}", "-c", "512", "-np", "{slots}", "--offline"]
    return "\n".join(
        [
            f"[pools.{POOL}]",
            f"binary = {json.dumps(str(server))}",
            f"flags = {json.dumps(flags)}",
            f"model = {json.dumps(str(model))}",
            f"port = {port}",
            "slots = 2",
            "",
        ]
    )


def _preload(daemon: httpx.Client, pools: Path) -> int:
    command = [str(BIN / "pool-managerd"), "preload", POOL, "--pools", str(pools), "--url", str(daemon.base_url)]
    console.print(f"    $ pool-managerd preload {POOL} --pools pools.toml --url {daemon.base_url}")
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as preload:
        seen = ""
        while time.monotonic() < started + PATIENCE:
            answer = daemon.get(f"/pools/{POOL}/status")
            state = answer.json()["state"] if answer.status_code == 200 else "absent"
            if state != seen:
                console.print(f"    {(time.monotonic() - started) * 1000:6.0f} ms  {state}")
                seen = state
            if state in ("ready", "failed"):
                break
        printed, _ = preload.communicate(timeout=PATIENCE)
    console.print(f"    {printed.strip()}")
    status = daemon.get(f"/pools/{POOL}/status").json()
    if not status["ready"]:
        raise SystemExit(f"the pool is not ready: {status['last_error']}")
    console.print_json(json.dumps(status))
    return int(status["pid"])


def _stream(orchestrator: httpx.Client) -> None:
    task = orchestrator.post("/v1/tasks", json={"pool_id": POOL, "prompt": PROMPT, "max_tokens": 32}).json()["task_id"]
    with orchestrator.stream("GET", f"/v1/tasks/{task}/stream") as answer:
        event = ""
        for line in answer.iter_lines():
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                data = json.loads(line.removeprefix("data:"))
                if event == "token":
                    console.print(data["t"], end="", markup=False)
                else:
                    console.print(f"[dim]\\[{event} {json.dumps(data)}][/] ", end="")
    console.print()


def main() -> int:
    """Run the demonstration; 0 when every part of it worked."""
    try:
        server = find_llama_server()
    except LlamaServerMissing as missing:
        print(missing, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="poolpact-demo-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        model = folder / "tiny.gguf"
        write_tiny_model(model)
        pools = folder / "pools.toml"
        pools.write_text(_pools_toml(server.path, model, free_port()))
        daemon_port, orchestrator_port = free_port(), free_port()
        daemon_url = f"http://127.0.0.1:{daemon_port}"

        _say(f"pool-managerd on {daemon_url}; it may execute {server.path.name} ({server.origin})")
        daemon_environment = {
            "POOL_MANAGERD_ADDR": f"127.0.0.1:{daemon_port}",
            "POOL_MANAGERD_RUN_DIR": str(folder / "run"),
            "POOL_MANAGERD_ENGINE_DIRS": str(server.path.parent),
        }
        daemon_process = stack.enter_context(_process("pool-managerd", daemon_environment, folder))
        daemon = stack.enter_context(httpx.Client(base_url=daemon_url, trust_env=False, timeout=PATIENCE))
        _await_health(daemon, daemon_process, folder / "pool-managerd.log")

        _say(f"orchestratord on http://127.0.0.1:{orchestrator_port}, mode remote")
        orchestrator_environment = {"ORCHESTRATORD_ADDR": f"127.0.0.1:{orchestrator_port}", "POOL_MANAGERD_URL": daemon_url}
        process = stack.enter_context(_process("orchestratord", orchestrator_environment, folder))
        orchestrator = stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{orchestrator_port}", trust_env=False, timeout=PATIENCE)
        )
        _await_health(orchestrator, process, folder / "orchestratord.log")

        _say("preload")
        engine_pid = _preload(daemon, pools)
        _say(f"tokens for {PROMPT!r} (random weights: the text means nothing, the path is real)")
        _stream(orchestrator)
        _say("stop")
        stack.close()
    if psutil.pid_exists(engine_pid):
        raise SystemExit(f"the engine {engine_pid} is still there")
    _say(f"engine {engine_pid} is gone; nothing is left running")
    return 0


if __name__ == "__main__":
    sys.exit(main())
