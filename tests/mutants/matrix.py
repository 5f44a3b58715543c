"""Lets the judge at every mutant: ``python -m tests.mutants.matrix [--own] [--jobs N] [NAME…]``.

Red is a mutant that its own requirement does not catch, one that turns a requirement red which it does not declare, a judge that
breaks, and a reference that does not pass all. With ``--own`` each is judged against its own requirement alone; otherwise against
all, and, when it is all mutants, docs/mutants.md is written. That takes an hour on two processors: what was found is kept in
.mutants.jsonl, so that the next run judges only what has changed.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence

import yaml

from tests.mutants.daemon.catalogue import MUTANTS as DAEMONS
from tests.mutants.judging import ROOT, Judgement, Outcome, Side, judge, judge_references
from tests.mutants.kept import KeptOutcomes
from tests.mutants.mutant import Mutant, by_name
from tests.mutants.orchestrator.catalogue import MUTANTS as ORCHESTRATORS
from tests.mutants.table import page

PAGE = ROOT / "docs" / "mutants.md"
KEPT = ROOT / ".mutants.jsonl"
MUTANTS = by_name(tuple(DAEMONS.values()), tuple(ORCHESTRATORS.values()))
SIDES: tuple[Side, ...] = ("daemon", "orchestrator")


def requirement_ids() -> list[str]:
    """In the order of the contract."""
    document = yaml.safe_load((ROOT / "contracts" / "requirements.yaml").read_text(encoding="utf-8"))
    return [each["id"] for each in document["requirements"]]


def judge_all(mutants: Sequence[Mutant], *, own: bool, jobs: int) -> list[Judgement]:
    """Judge them, ``jobs`` at a time, and tell of each as soon as it is known; what was found before is taken as it is."""
    kept = None if own else KeptOutcomes(KEPT)
    known = {mutant: outcome for mutant in mutants if kept is not None and (outcome := kept.of(mutant)) is not None}
    judgements = [Judgement(mutant, outcome) for mutant, outcome in known.items()]
    if known:
        print(f"{len(known)} of {len(mutants)} were judged before", flush=True)
    for judgement in judge([mutant for mutant in mutants if mutant not in known], own=own, at_once=jobs):
        judgements.append(judgement)
        if kept is not None:
            kept.keep(judgement.mutant, judgement.outcome)
        told = judgement.complaint or "caught"
        beside = f" (beside it {', '.join(sorted(judgement.beside))})" if judgement.beside else ""
        place = f"[{len(judgements)}/{len(mutants)}] {judgement.outcome.seconds:5.1f} s"
        print(f"{place}  {judgement.mutant.name}: {told}{beside}", flush=True)
    return judgements


def references() -> dict[Side, Outcome]:
    """Judge both sides of the reference, and tell."""
    found: dict[Side, Outcome] = {}
    for side, outcome in judge_references():
        found[side] = outcome
        print(f"the reference's {side}: {_complaint(outcome) or 'passes all'}, {outcome.seconds:.1f} s", flush=True)
    return found


def _complaint(outcome: Outcome) -> str:
    wrong = [f"{each} {verdict}" for each, verdict in outcome.verdicts.items() if verdict in ("failed", "not_exercised")]
    return outcome.broken or ", ".join(wrong)


def run(names: Sequence[str], *, own: bool, jobs: int) -> int:
    """Judge the mutants ``names``, or all; 0 when nothing is red."""
    began = time.monotonic()
    chosen = [mutant for mutant in MUTANTS.values() if not names or mutant.name in names]
    judged: Mapping[Side, Outcome] = {} if own or names else references()
    judgements = judge_all(chosen, own=own, jobs=jobs)
    seconds = time.monotonic() - began
    if judged:
        PAGE.write_text(page(judgements, judged, requirement_ids()), encoding="utf-8")
    red = [f"{each.mutant.name}: {each.complaint}" for each in judgements if each.complaint]
    red += [f"the reference's {side}: {_complaint(outcome)}" for side, outcome in judged.items() if _complaint(outcome)]
    for line in red:
        print(f"RED {line}")
    caught = sum(each.caught for each in judgements)
    print(f"mutants: {caught} of {len(judgements)} caught, {len(red)} red, {seconds:.1f} s")
    return 1 if red else 0


def main(arguments: Sequence[str]) -> int:
    """Run; 2 for bad arguments."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.matrix", description="Let the judge at the mutants.")
    parser.add_argument("--own", action="store_true", help="each against its own requirement alone")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="judges at a time; by default as many as processors, with --own three times"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a mutant; all without")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in MUTANTS]
    if unknown:
        parser.error(f"there is no mutant {unknown[0]!r}")
    if given.jobs is not None and given.jobs < 1:
        parser.error("--jobs: at least 1")
    return run(given.names, own=given.own, jobs=given.jobs or (os.cpu_count() or 1) * (3 if given.own else 1))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
