"""Letting the judge at mutants, and what came of it."""

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from behave.__main__ import main as run_behave
from behave.configuration import Configuration

from poolpact import orchestrators
from poolpact.cli.main import main as run_poolpact
from poolpact.judge import checking, running
from poolpact.judge.claims import Claims
from poolpact.requirements import load_requirements
from poolpact.selection import SETTING_NAMES
from poolpact.targets import live
from tests.mutants.forked import run_forked
from tests.mutants.forks import Ended, Work, in_forks
from tests.mutants.loaded import LoadedSuite, features_about
from tests.mutants.mutant import Mutant
from tests.mutants.patching import patch
from tests.mutants.source import run_tests_of

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LIMIT = 900.0
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


def judge(mutants: Sequence[Mutant], *, own: bool, at_once: int) -> Iterator[Judgement]:
    """Judge them, ``at_once`` at a time; where ``own``, each until its own requirement fails, and no other."""
    found = {mutant.name: mutant for mutant in mutants}
    suite = LoadedSuite() if own else None
    for ended in in_forks({name: _work(mutant, suite) for name, mutant in found.items()}, at_once=at_once, limit=LIMIT):
        mutant = found[ended.name]
        yield Judgement(mutant, outcome_of(ended) if mutant.how == "check" else _outcome_of_tests(mutant, ended))


def judge_references() -> Iterator[tuple[Side, Outcome]]:
    """Judge what the mutants are made of."""
    works: dict[str, Work] = {side: _check(side, [str(BIN / program)]) for side, program in PROGRAMS.items()}
    for ended in in_forks(works, at_once=1, limit=LIMIT):
        yield next(side for side in PROGRAMS if side == ended.name), outcome_of(ended)


def _work(mutant: Mutant, suite: LoadedSuite | None) -> Work:
    """Against its own requirement where there is a ``suite``."""
    if mutant.how == "check":
        side = side_of(mutant)
        check = _check(side, [sys.executable, "-m", f"tests.mutants.{side}", mutant.name], mutant.breaks if suite else None)
    else:
        check = _features(mutant, suite is not None) if mutant.how == "embedded" else _unit_tests(mutant)

    def work(folder: Path) -> int:
        if suite is not None:
            suite.use()
        return check(folder)

    return work


def _check(side: Side, subject: list[str], only: str | None = None) -> Work:
    def work(folder: Path) -> int:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        sys.argv = ["poolpact", "check", side, "--command", shlex.join(subject), "--profiles", _profiles(side)]
        sys.argv += ["--report", str(folder / "report")]
        if only is not None:
            sys.argv += ["--only", only, "--jobs", "1"]
            patch(running, "Configuration", partial(_stopping, features_about(side, only)))
            patch(checking, f"ask_{side}", _knowing)
            patch(checking, "_completed", _stopped)
            patch(live, "run_logged", run_forked)
            patch(orchestrators, "run_logged", run_forked)
        return run_poolpact()

    return work


def _profiles(side: Side) -> str:
    """All that the contract has something of: the reference is judged beyond what it claims as a whole."""
    return ",".join(dict.fromkeys(each.profile for each in load_requirements().values() if each.side == side))


def _stopping(features: list[str], arguments: list[str], **more: Any) -> Configuration:
    """To catch a mutant takes no more than the first scenario that fails, and no other ``features``."""
    return Configuration([*arguments[:-1], "--stop", *features], **more)


def _stopped(ran: Any, _claimed: Sequence[Any]) -> tuple[Any, Any]:
    """What would have come after the first scenario that fails is not lost: nobody wanted it."""
    return ran.entries, ran.complaints


async def _knowing(*_: object) -> Claims:
    """What the first question would find out about any mutant; without it one is started a time less."""
    return Claims(None, None, (), frozenset(SETTING_NAMES))


def _features(mutant: Mutant, own: bool) -> Work:
    def work(folder: Path) -> int:
        os.chdir(ROOT)
        mutant.apply()
        choice = [f"--tags=@{mutant.breaks}", "--stop"] if own else []
        return int(run_behave(["-f", "null", "-D", "mode=embedded", *choice, "features/orchestrator"]))

    return work


def _unit_tests(mutant: Mutant) -> Work:
    def work(folder: Path) -> int:
        os.chdir(ROOT)
        mutant.apply()
        return run_tests_of(mutant.breaks)

    return work


def outcome_of(ended: Ended) -> Outcome:
    """What ``poolpact check`` reported."""
    try:
        document = json.loads((ended.folder / "report" / "conformance.json").read_bytes())
    except FileNotFoundError:
        return Outcome({}, ended.seconds, f"exit code {ended.code} and no report: {ended.said[-TAIL:]}")
    verdicts = {each["id"]: each["verdict"] for each in document["requirements"]}
    errors = sorted(requirement for requirement, verdict in verdicts.items() if verdict == "harness_error")
    if ended.code not in (0, 1) or errors:
        why = f"exit code {ended.code}, errors of the harness in {', '.join(errors) or 'none'}: {ended.said[-TAIL:]}"
        return Outcome(verdicts, ended.seconds, why)
    return Outcome(verdicts, ended.seconds)


def _outcome_of_tests(mutant: Mutant, ended: Ended) -> Outcome:
    if ended.code not in (0, 1):
        return Outcome({}, ended.seconds, f"exit code {ended.code}: {ended.said[-TAIL:]}")
    if mutant.how == "source":
        return Outcome({mutant.breaks: "failed" if ended.code else "passed"}, ended.seconds)
    return Outcome(dict.fromkeys(_FAILED.findall(ended.said), "failed"), ended.seconds)
