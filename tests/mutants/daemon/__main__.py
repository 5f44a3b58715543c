"""One of them, as a program."""

import sys

from pool_managerd.cli import main
from tests.mutants.daemon.catalogue import MUTANTS

if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)].apply()
    main()
