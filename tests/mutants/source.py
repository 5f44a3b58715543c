"""Judging what only the source tells: the unit tests of one requirement."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1] / "pool_managerd"


class TestsOf:
    """Selects the tests that judge one requirement."""

    __test__ = False

    def __init__(self, requirement: str) -> None:
        self._requirement = requirement

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """See pytest."""
        items[:] = [item for item in items if any(self._requirement in each.args for each in item.iter_markers("requirement"))]


def run_tests_of(requirement: str) -> int:
    """Run them in this process until one fails, and return pytest's exit code: 1 when one fails, 5 when there are none."""
    files = [path for path in TESTS.rglob("test_*.py") if f'"{requirement}"' in path.read_text(encoding="utf-8")]
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *map(str, sorted(files))], plugins=[TestsOf(requirement)]))
