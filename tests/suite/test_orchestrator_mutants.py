"""The orchestrator's features against the reference with one deliberate defect: the requirement that it breaks must fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.of_orchestratord import MUTANTS

ROOT = Path(__file__).parents[2]
ONLY_EMBEDDED = ("OR-PARITY-1",)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_defect_is_found(name: str) -> None:
    requirement, _ = MUTANTS[name]
    program = [sys.executable, str(ROOT / "tests" / "mutants" / "of_orchestratord.py"), name]
    mode = "embedded" if requirement in ONLY_EMBEDDED else "mock"
    choice = ["-f", "null", "--stop", "-D", f"mode={mode}", f"--tags=@{requirement}", "features/orchestrator"]
    judged = subprocess.run([*program, *choice], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert f"FAILED {requirement}" in judged.stdout, judged.stdout + judged.stderr
    assert judged.returncode == 1
