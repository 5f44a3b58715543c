"""Install the ``engine`` extra (a llama.cpp server, and what writes the tiny model) from its lock, once."""

import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "locks" / "engine.lock"
STAMP = Path(sys.prefix) / "engine.lock"


def main() -> int:
    """0 when the extra is there; 1 with the reason as the last line of stderr otherwise."""
    wanted = LOCK.read_bytes()
    if STAMP.exists() and STAMP.read_bytes() == wanted:
        return 0
    print("installing a llama.cpp server from locks/engine.lock (once)", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(LOCK)]
    done = subprocess.run(pip, text=True, stderr=subprocess.PIPE)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        print("the llama.cpp server of locks/engine.lock cannot be installed on this machine", file=sys.stderr)
        return 1
    STAMP.write_bytes(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
