"""Find a Chromium for the tests of the report's page, else install Debian's, once."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """The path of a Chromium; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """0 when there is one; 1 with the reason as the last line of stderr otherwise."""
    if find_browser() is not None:
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"no {', '.join(NAMES)} on this machine, and installing Debian's chromium takes apt-get and root", file=sys.stderr)
        return 1
    print("installing Debian's chromium (once)", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", "-qq", *command], env=quiet, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            print("Debian's chromium cannot be installed on this machine", file=sys.stderr)
            return 1
    if find_browser() is None:
        print("apt-get has a package chromium, and no browser came with it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
