"""How long after the engine turned healthy its pool's status says ready."""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from poolpact.engine.records import EngineRecords
from poolpact.ports import free_port

BIN = Path(sys.executable).parent
LOADS = (0.02, 0.3, 1.5)


@dataclass(frozen=True)
class ReadyLag:
    """Milliseconds between the engine's own healthy stamp and the first status that says ready."""

    load_seconds: float
    median: float
    slowest: float


def _prepared(pool_id: str, port: int, host_dir: Path, load: float) -> dict[str, object]:
    flags = [
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--sim-dir",
        str(host_dir),
        "--sim-nonce",
        pool_id,
        "--sim-load",
        str(load),
    ]
    return {
        "binary_path": str(BIN / "poolpact-engine"),
        "flags": flags,
        "host": "127.0.0.1",
        "port": port,
        "model_path": "none",
        "engine_version": "sim",
        "pool_id": pool_id,
        "replica_id": "r0",
        "device_mask": None,
    }


def _lag(client: httpx.Client, pool_id: str, host_dir: Path, load: float) -> float:
    body = {"prepared": _prepared(pool_id, free_port(), host_dir, load)}
    client.post(f"/pools/{pool_id}/preload", json=body).raise_for_status()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status = client.get(f"/pools/{pool_id}/status").json()
        if status["ready"]:
            seen = time.monotonic()
            [healthy] = [event["at"] for event in EngineRecords(host_dir).events(pool_id) if event["event"] == "healthy"]
            client.delete(f"/pools/{pool_id}").raise_for_status()
            return (seen - float(healthy)) * 1000
    raise SystemExit(f"pool {pool_id} was not ready within 30 s")


def measure(trials: int) -> list[ReadyLag]:
    """The lag of ``trials`` preloads for each load time, against a daemon of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        port = free_port()
        environment = os.environ | {
            "POOL_MANAGERD_ADDR": f"127.0.0.1:{port}",
            "POOL_MANAGERD_RUN_DIR": str(folder / "run"),
            "POOL_MANAGERD_ENGINE_DIRS": str(BIN),
        }
        with (folder / "daemon.log").open("wb") as log:
            daemon = subprocess.Popen([BIN / "pool-managerd"], env=environment, stderr=log, stdout=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as client:
                _await_health(client)
                return [_measure_load(client, folder, load, trials) for load in LOADS]
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=30)


def _measure_load(client: httpx.Client, folder: Path, load: float, trials: int) -> ReadyLag:
    host_dir = folder / f"host-{load:g}"
    host_dir.mkdir()
    lags = [_lag(client, f"pool-{load:g}-{trial}".replace(".", "_"), host_dir, load) for trial in range(trials)]
    return ReadyLag(load, statistics.median(lags), max(lags))


def _await_health(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if json.loads(client.get("/health").content)["status"] == "ok":
                return
        except httpx.TransportError:
            time.sleep(0.01)
    raise SystemExit("the daemon did not come up within 30 s")
