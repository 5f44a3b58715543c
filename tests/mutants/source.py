"""Judges a mutant that only the source tells: runs the unit tests of its requirement on it, in this process.

``python -m tests.mutants.source NAME``. Exit codes are pytest's: 1 when one fails.
"""

import sys
from pathlib import Path

import pytest

from tests.mutants.daemon.catalogue import MUTANTS

ROOT = Path(__file__).parents[2]


class TestsOf:
    """Selects the tests that judge one requirement."""

    __test__ = False

    def __init__(self, requirement: str) -> None:
        self._requirement = requirement

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """See pytest."""
        items[:] = [item for item in items if any(self._requirement in each.args for each in item.iter_markers("requirement"))]


def run_tests_of(requirement: str) -> int:
    """Run them and return pytest's exit code; 5 when there are none."""
    files = [path for path in (ROOT / "tests" / "pool_managerd").rglob("test_*.py") if f'"{requirement}"' in path.read_text()]
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *map(str, sorted(files))], plugins=[TestsOf(requirement)]))


def main(name: str) -> int:
    """Run the tests of the mutant ``name`` on it."""
    mutant = MUTANTS[name]
    mutant.apply()
    return run_tests_of(mutant.breaks)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
