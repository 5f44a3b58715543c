"""Runs the features in this process, on an orchestrator with one defect: ``embedded.py NAME [arguments of behave]``."""

import sys

from behave.__main__ import main

from tests.mutants.orchestrator.catalogue import MUTANTS

if __name__ == "__main__":
    MUTANTS[sys.argv[1]].apply()
    sys.exit(main(sys.argv[2:]))
