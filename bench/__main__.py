"""`python -m bench [readiness|suite] [--rounds N] [--trials N]`: print what the design promises beside what was measured."""

import argparse
import os
import platform

from rich.console import Console
from rich.table import Table

from bench import readiness, suite_cost


def main() -> None:
    """Measure and print; nothing is asserted."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="medians of several rounds, measured side by side")
    parser.add_argument("what", nargs="?", choices=("readiness", "suite", "both"), default="both", help="what to measure")
    parser.add_argument("--rounds", type=int, default=3, help="runs of the whole suite in each mode")
    parser.add_argument("--trials", type=int, default=21, help="preloads for each load time")
    arguments = parser.parse_args()
    console = Console()
    console.print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}")
    if arguments.what != "suite":
        _print_readiness(console, arguments.trials)
    if arguments.what != "readiness":
        _print_suite(console, arguments.rounds)


def _print_readiness(console: Console, trials: int) -> None:
    lags = Table(title=f"engine healthy → status ready ({trials} preloads each; goal: median ≤ 15 ms)")
    for heading in ("engine loads for", "median", "slowest"):
        lags.add_column(heading, justify="right")
    for lag in readiness.measure(trials):
        lags.add_row(f"{lag.load_seconds:g} s", f"{lag.median:.1f} ms", f"{lag.slowest:.1f} ms")
    console.print(lags)


def _print_suite(console: Console, rounds: int) -> None:
    floor, costs = suite_cost.measure(rounds)
    table = Table(title=f"the whole suite ({rounds} rounds; empty steps: median {floor:.2f} s)")
    for heading in ("mode", "median", "fastest", "slowest", "× empty steps", "goal"):
        table.add_column(heading, justify="left" if heading == "mode" else "right")
    for cost in costs:
        goal = f"≤ {cost.goal:g} s" if cost.goal else ""
        times = (f"{seconds:.2f} s" for seconds in (cost.median, cost.fastest, cost.slowest))
        table.add_row(cost.mode, *times, f"{cost.ratio:.1f}", goal)
    console.print(table)


if __name__ == "__main__":
    main()
