"""Start pool-managerd as an operator would, and judge it by its URL (`behave -D mode=live -D url=… features/daemon`)."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from poolpact.ports import free_port

BIN = Path(sys.executable).parent
JOBS = 3


def main() -> int:
    """The exit code of the suite, or 1 when the daemon did not end cleanly after it."""
    with tempfile.TemporaryDirectory(prefix="poolpact-by-hand-") as folder:
        address = f"127.0.0.1:{free_port()}"
        environment = {"POOL_MANAGERD_RUN_DIR": f"{folder}/run", "POOL_MANAGERD_ENGINE_DIRS": str(BIN)}
        log_path = Path(folder, "daemon.log")
        with log_path.open("wb") as log:
            daemon = subprocess.Popen(
                [BIN / "pool-managerd", "--addr", address], env=os.environ | environment, stdout=log, stderr=log
            )
        try:
            options = ("-D", "mode=live", "-D", f"url=http://{address}", "-D", f"jobs={JOBS}")
            suite = subprocess.run([BIN / "behave", *options, "features/daemon"])
        finally:
            daemon.send_signal(signal.SIGTERM)
            ended = daemon.wait(timeout=30)
        if suite.returncode or ended:
            print(f"the daemon ended with exit code {ended}; its log:\n{log_path.read_text()[-4000:]}", file=sys.stderr)
        return suite.returncode or (1 if ended else 0)


if __name__ == "__main__":
    sys.exit(main())
