import sys

from orchestratord.cli import main
from tests.mutants.orchestrator.catalogue import MUTANTS

if __name__ == "__main__":
    name = sys.argv.pop(1)
    MUTANTS[name].apply()
    main()
