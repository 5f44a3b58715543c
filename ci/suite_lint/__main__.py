"""``python -m ci.suite_lint``: one line a finding; exit 1 when there are any."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ci.suite_lint import definitions, identity, judging, sandwich, thens
from ci.suite_lint.finding import Finding
from ci.suite_lint.source import Library
from ci.suite_lint.suite import Suite
from poolpact.requirements import Requirement, load_requirements

ROOT = Path(__file__).resolve().parents[2]


def findings(suite: Suite, requirements: Mapping[str, Requirement]) -> Iterator[Finding]:
    """Everything that is wrong with the suite."""
    yield from thens.check(suite)
    yield from sandwich.check(suite)
    yield from judging.check(suite, requirements)
    yield from definitions.check(suite)
    yield from identity.check(suite, requirements)


def main() -> int:
    """Look at the suite of this repository."""
    suite = Suite(ROOT / "features", ROOT / "steps", Library([ROOT]))
    found = sorted(set(findings(suite, load_requirements())))
    for each in found:
        print(each.shown(ROOT))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
