"""Run what CI runs, one check after another, and end with one summary line.

``python ci/checks.py`` runs all of them; ``python ci/checks.py NAME …`` only those. A check that this machine cannot run is named
as not run, and is an error when CI is set.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

Argv = list[str]


@dataclass(frozen=True)
class Check:
    """A named check: the commands it runs, and whether it is pointless without a real engine."""

    name: str
    what: str
    commands: tuple[Argv, ...]
    needs_engine: bool = False


def tool(name: str, *arguments: str) -> Argv:
    """A command of the environment this script runs in."""
    return [str(BIN / name), *arguments]


def behave(*arguments: str, jobs: int) -> Argv:
    """One run of the suite, ``jobs`` scenarios at a time: they wait more than they compute, so that it pays on any machine."""
    return tool("behave", *arguments, "-D", f"jobs={jobs}")


CHECKS = (
    Check(
        "lint",
        "style, the arrows between the rooms, and whether the suite can fail",
        (
            tool("ruff", "check", "."),
            tool("ruff", "format", "--check", "."),
            tool("lint-imports"),
            [sys.executable, "-m", "ci.suite_lint"],
        ),
    ),
    Check("types", "mypy --strict", (tool("mypy"),)),
    Check("contract", "what was released is kept, or the version says otherwise", ([sys.executable, "ci/contract.py", "check"],)),
    Check("pact", "the reference answers as its consumers rely on", (tool("poolpact", "pact", "verify"),)),
    Check("unit", "the tests of the reference and of the harness", (tool("pytest", "-n", "3", "--dist", "worksteal"),)),
    Check("embedded", "the suite, pool manager in process, virtual time", (behave("-D", "mode=embedded", jobs=2),)),
    Check(
        "process",
        "the suite, pool manager in process, real engine processes",
        (behave("-D", "mode=embedded", "-D", "engine=process", jobs=3),),
    ),
    Check("mock", "the suite, pool manager mocked from the contract", (behave("-D", "mode=mock", jobs=4),)),
    Check("live", "the suite, pool manager a daemon of its own", (behave("-D", "mode=live", jobs=3),)),
    Check("by-hand", "both, started by hand and judged by their URLs", ([sys.executable, "ci/by_hand.py"],)),
    Check(
        "mutants",
        "every mutant is caught by the requirement that it breaks",
        ([sys.executable, "-m", "tests.mutants.matrix", "--own"],),
    ),
    Check(
        "engine",
        "real tokens from a real llama.cpp server",
        (behave("-D", "mode=live", "-D", "engine=llamacpp", jobs=2),),
        needs_engine=True,
    ),
    Check("fuzz", "a daemon against requests made from openapi.yaml", ([sys.executable, "ci/fuzz.py"],)),
)


def install(what: str, script: str) -> str | None:
    """Install what a check needs where it is not there yet; the reason when that cannot be."""
    print(f"==> {what}", flush=True)
    done = subprocess.run([sys.executable, script], cwd=ROOT, text=True, stderr=subprocess.PIPE)
    return (done.stderr.strip() or "no reason given").splitlines()[-1] if done.returncode else None


def run(check: Check, no_engine: str | None) -> str:
    """Run one check; ``passed``, ``failed`` or ``not run``. ``no_engine`` says why there is no real engine."""
    if check.needs_engine and no_engine is not None:
        print(f"not run: {no_engine}", flush=True)
        return "failed" if os.environ.get("CI") else "not run"
    for command in check.commands:
        print(f"$ {Path(command[0]).name} {' '.join(command[1:])}", flush=True)
        if subprocess.run(command, cwd=ROOT).returncode:
            return "failed"
    return "passed"


def main(names: list[str]) -> int:
    """Run the checks of ``names``, or all; 0 when none failed, 2 for an unknown name."""
    unknown = sorted(set(names) - {check.name for check in CHECKS})
    if unknown:
        print(f"no check named {unknown[0]!r}; there are: {', '.join(check.name for check in CHECKS)}", file=sys.stderr)
        return 2
    chosen = [check for check in CHECKS if not names or check.name in names]
    needed = {check.name for check in chosen}
    no_engine = install("the real engine", "ci/install_engine.py") if needed & {"unit", "engine"} else None
    if "unit" in needed and (no_browser := install("a browser", "ci/install_browser.py")):
        print(f"the report's page is not tested in a browser: {no_browser}", flush=True)
    outcomes: list[tuple[Check, str, float]] = []
    for number, check in enumerate(chosen, start=1):
        print(f"\n==> [{number}/{len(chosen)}] {check.name}: {check.what}", flush=True)
        started = time.monotonic()
        outcomes.append((check, run(check, no_engine), time.monotonic() - started))
    print("\n==> summary", flush=True)
    for check, outcome, seconds in outcomes:
        print(f"  {outcome:8} {check.name:10} {seconds:6.1f} s  {check.what}")
    count = {outcome: sum(1 for _, o, _ in outcomes if o == outcome) for outcome in ("passed", "failed", "not run")}
    skipped = f", {count['not run']} skipped" if count["not run"] else ""
    print(f"checks: {count['passed']} passed, {count['failed']} failed{skipped}", flush=True)
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
