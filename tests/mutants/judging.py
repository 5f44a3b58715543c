"""Letting the judge at one mutant, and what came of it."""

import asyncio
import json
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LIMIT = 600.0
"""Seconds after which a judge hangs."""
TAIL = 2000
"""Characters of a judge's last words."""

Side = Literal["daemon", "orchestrator"]
PROGRAMS: Mapping[Side, str] = {"daemon": "pool-managerd", "orchestrator": "orchestratord"}

_FAILED = re.compile(r"^FAILED ([A-Z]+-[A-Z]+-[0-9]+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """``verdicts`` by requirement. ``broken``: why the judge could not judge; empty when it could."""

    verdicts: Mapping[str, str]
    seconds: float
    broken: str = ""

    @property
    def failed(self) -> frozenset[str]:
        """The requirements that turned red."""
        return frozenset(requirement for requirement, verdict in self.verdicts.items() if verdict == "failed")


@dataclass(frozen=True)
class Judgement:
    """What the judge says of one mutant."""

    mutant: Mutant
    outcome: Outcome

    @property
    def caught(self) -> bool:
        """Whether its own requirement failed; one that was merely not judged is not enough."""
        return self.mutant.breaks in self.outcome.failed

    @property
    def beside(self) -> frozenset[str]:
        """What else went red."""
        return self.outcome.failed - {self.mutant.breaks}

    @property
    def accused(self) -> frozenset[str]:
        """What else went red although the mutant does not declare it."""
        return self.beside - self.mutant.also

    @property
    def complaint(self) -> str:
        """Why this is red; empty when all is as it should be."""
        if self.outcome.broken:
            return f"the judge is broken: {self.outcome.broken}"
        if not self.caught:
            return f"not caught: {self.mutant.breaks} is {self.outcome.verdicts.get(self.mutant.breaks, 'not in the report')}"
        return f"accuses {', '.join(sorted(self.accused))}" if self.accused else ""


def side_of(mutant: Mutant) -> Side:
    """Whose requirement it breaks."""
    return "daemon" if mutant.breaks.startswith("PM-") else "orchestrator"


async def judge(mutant: Mutant, *, own: bool, jobs: int) -> Judgement:
    """Judge one mutant, against its own requirement alone where ``own``, ``jobs`` scenarios at a time."""
    only = mutant.breaks if own else None
    if mutant.how == "check":
        outcome = await _check(
            side_of(mutant), [sys.executable, "-m", f"tests.mutants.{side_of(mutant)}", mutant.name], only, jobs
        )
    elif mutant.how == "embedded":
        outcome = await _features(mutant, own=own)
    else:
        outcome = await _unit_tests(mutant)
    return Judgement(mutant, outcome)


async def judge_reference(side: Side, *, jobs: int) -> Outcome:
    """Judge what the mutants are made of."""
    return await _check(side, [str(BIN / PROGRAMS[side])], None, jobs)


async def _check(side: Side, subject: list[str], only: str | None, jobs: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="poolpact-mutant-") as folder:
        report = Path(folder, "report")
        poolpact = [str(BIN / "poolpact")] if only is None else [sys.executable, "-m", "tests.mutants.impatient"]
        choice = [] if only is None else ["--only", only]
        command = [*poolpact, "check", side, "--command", shlex.join(subject), "--report", str(report), "--jobs", str(jobs)]
        code, said, seconds = await _run([*command, *choice], Path(folder))
        try:
            document = json.loads((report / "conformance.json").read_bytes())
        except FileNotFoundError:
            return Outcome({}, seconds, f"exit code {code} and no report: {said[-TAIL:]}")
    verdicts = {each["id"]: each["verdict"] for each in document["requirements"]}
    errors = sorted(requirement for requirement, verdict in verdicts.items() if verdict == "harness_error")
    if code not in (0, 1) or errors:
        return Outcome(verdicts, seconds, f"exit code {code}, errors of the harness in {errors or 'none'}: {said[-TAIL:]}")
    return Outcome(verdicts, seconds)


async def _features(mutant: Mutant, *, own: bool) -> Outcome:
    choice = [f"--tags=@{mutant.breaks}", "--stop"] if own else []
    arguments = ["-f", "null", "-D", "mode=embedded", *choice, "features/orchestrator"]
    code, said, seconds = await _run([sys.executable, "-m", "tests.mutants.orchestrator.embedded", mutant.name, *arguments], ROOT)
    failed = dict.fromkeys(_FAILED.findall(said), "failed")
    return Outcome(failed, seconds, "" if code in (0, 1) else f"exit code {code}: {said[-TAIL:]}")


async def _unit_tests(mutant: Mutant) -> Outcome:
    code, said, seconds = await _run([sys.executable, "-m", "tests.mutants.source", mutant.name], ROOT)
    verdict = {0: "passed", 1: "failed"}.get(code)
    return Outcome({mutant.breaks: verdict} if verdict else {}, seconds, "" if verdict else f"exit code {code}: {said[-TAIL:]}")


async def _run(command: list[str], folder: Path) -> tuple[int, str, float]:
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(LIMIT):
            said, _ = await process.communicate()
    except TimeoutError:
        process.terminate()
        await process.wait()
        return -1, f"no end within {LIMIT:g} s", time.monotonic() - began
    return process.returncode or 0, said.decode(errors="replace"), time.monotonic() - began
