"""What the suite costs: each mode against the same features with empty steps."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEHAVE = Path(sys.executable).parent / "behave"
EMPTY_STEPS = """\
from behave import step, use_step_matcher

use_step_matcher("re")


@step(r"[\\s\\S]*")
def nothing(context):
    pass
"""
MODES = (
    ("embedded", ("-D", "mode=embedded"), 5.0),
    ("embedded, real processes", ("-D", "mode=embedded", "-D", "engine=process"), None),
    ("mock", ("-D", "mode=mock"), 10.0),
    ("live", ("-D", "mode=live"), 60.0),
)


@dataclass(frozen=True)
class SuiteCost:
    """Whole-process seconds of one mode, and of the empty steps in the same round."""

    mode: str
    median: float
    fastest: float
    slowest: float
    ratio: float
    goal: float | None


def _time(command: list[str], folder: Path) -> float:
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - started


def measure(rounds: int) -> tuple[float, list[SuiteCost]]:
    """Median seconds of the empty suite, and the cost of every mode, ``rounds`` times in turn."""
    empty: list[float] = []
    full: dict[str, list[float]] = {mode: [] for mode, _, _ in MODES}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(ROOT / "features", folder / "features")
        (folder / "steps").mkdir()
        (folder / "steps" / "empty.py").write_text(EMPTY_STEPS)
        (folder / "behave.ini").write_text("[behave]\npaths = features\ndefault_format = progress\n")
        for _ in range(rounds):
            empty.append(_time([str(BEHAVE)], folder))
            for mode, arguments, _ in MODES:
                full[mode].append(_time([str(BEHAVE), *arguments], ROOT))
    floor = statistics.median(empty)
    costs = [
        SuiteCost(mode, statistics.median(times), min(times), max(times), statistics.median(times) / floor, goal)
        for (mode, _, goal), times in zip(MODES, full.values(), strict=True)
    ]
    return floor, costs
