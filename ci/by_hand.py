"""Start pool-managerd and orchestratord as an operator would, and judge them by their URLs with `poolpact check`."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from poolpact.ports import free_port

BIN = Path(sys.executable).parent
POOLPACT = str(BIN / "poolpact")


@contextmanager
def running(program: str, environment: Mapping[str, str], log_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """``program``, with what it logs in ``log_path``; it is told to end afterwards."""
    with log_path.open("wb") as log:
        process = subprocess.Popen([BIN / program], env=os.environ | environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def check_daemon(folder: Path) -> int:
    """The exit code of the check, or 1 when the daemon did not end cleanly after it."""
    address, token = f"127.0.0.1:{free_port()}", secrets.token_hex(16)
    environment = {
        "POOL_MANAGERD_ADDR": address,
        "POOL_MANAGERD_TOKEN": token,
        "POOL_MANAGERD_RUN_DIR": f"{folder}/run",
        "POOL_MANAGERD_ENGINE_DIRS": str(BIN),
        "POOL_MANAGERD_STARTUP_TIMEOUT": "5s",
        "POOL_MANAGERD_LEASE_TTL": "3s",
    }
    with running("pool-managerd", environment, folder / "daemon.log") as daemon:
        told = ("--setting", "startup_timeout=5s", "--setting", "lease_ttl=3s")
        command = [POOLPACT, "check", "daemon", "--url", f"http://{address}", *told, "--jobs", "3"]
        judged = subprocess.run(command, env=os.environ | {"POOL_MANAGERD_TOKEN": token})
    return judged.returncode or _told_of(daemon.returncode, folder / "daemon.log")


def check_orchestrator(folder: Path) -> int:
    """The exit code of the check, or 1 when the orchestrator did not end cleanly after it."""
    address, judge = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    environment = {"ORCHESTRATORD_ADDR": address, "POOL_MANAGERD_URL": f"http://{judge}", "ORCHESTRATORD_DEADLINE_MS": "300"}
    with running("orchestratord", environment, folder / "orchestrator.log") as orchestrator:
        told = ("--judge-addr", judge, "--setting", "deadline=300ms", "--profiles", "health,dispatch,leases")
        judged = subprocess.run([POOLPACT, "check", "orchestrator", "--url", f"http://{address}", *told])
    return judged.returncode or _told_of(orchestrator.returncode, folder / "orchestrator.log")


def _told_of(exit_code: int | None, log_path: Path) -> int:
    if exit_code:
        print(f"it ended with exit code {exit_code}; its log:\n{log_path.read_text()[-4000:]}", file=sys.stderr)
    return 1 if exit_code else 0


def main() -> int:
    """0 when both are conformant."""
    with tempfile.TemporaryDirectory(prefix="poolpact-by-hand-") as folder:
        return check_daemon(Path(folder)) or check_orchestrator(Path(folder))


if __name__ == "__main__":
    sys.exit(main())
