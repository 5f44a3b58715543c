"""Print the requirements of one extra of pyproject.toml, one a line: what its lock is made from."""

import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"

if __name__ == "__main__":
    extras = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    print(*extras[sys.argv[1]], sep="\n")
