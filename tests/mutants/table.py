"""docs/mutants.md: what the judge found in which mutant."""

from collections.abc import Iterable, Mapping, Sequence

from tests.mutants.judging import Judgement, Outcome, Side, side_of

_HOW = {"check": "", "embedded": " (judged in embedded mode)", "source": " (judged by the reference's unit tests)"}
_INTRODUCTION = """\
# Mutants

Each mutant is the reference with one deliberate defect, named after the requirement that it breaks. `make mutants` lets
`poolpact check` judge them all, and writes this page. A mutant must fail its own requirement, and no other that it does not
declare; the reference must pass all. They are in [tests/mutants](../tests/mutants), and `python -m tests.mutants.matrix NAME`
judges one.
"""


def page(judgements: Sequence[Judgement], references: Mapping[Side, Outcome], requirements: Sequence[str]) -> str:
    """The whole page. ``requirements``: their ids in the order of the contract."""
    parts = [_INTRODUCTION, _figures(judgements, references)]
    for side in references:
        found = sorted((each for each in judgements if side_of(each.mutant) == side), key=lambda each: _place(each, requirements))
        parts.append(f"## {side.capitalize()}s\n\n{_table(found)}")
    return "\n".join(parts)


def _place(judgement: Judgement, requirements: Sequence[str]) -> tuple[int, str]:
    return requirements.index(judgement.mutant.breaks), judgement.mutant.defect


def _figures(judgements: Sequence[Judgement], references: Mapping[Side, Outcome]) -> str:
    lines = ["| | mutants | requirements broken | caught | accusing others undeclared |", "|---|---|---|---|---|"]
    for side in references:
        found = [each for each in judgements if side_of(each.mutant) == side]
        broken = len({each.mutant.breaks for each in found})
        counts = [len(found), broken, sum(each.caught for each in found), sum(bool(each.accused) for each in found)]
        lines.append(f"| {side}s | {' | '.join(map(str, counts))} |")
    passes = [f"the reference's {side} passes {_passed(outcome)}" for side, outcome in references.items()]
    return "\n".join([*lines, "", f"{'; '.join(passes).capitalize()}.", ""])


def _passed(outcome: Outcome) -> str:
    judged = [verdict for verdict in outcome.verdicts.values() if verdict in ("passed", "failed")]
    return f"{judged.count('passed')} of {len(judged)} requirements judged"


def _table(judgements: Iterable[Judgement]) -> str:
    lines = ["| requirement | mutant | caught | what else went red |", "|---|---|---|---|"]
    lines += [
        f"| {each.mutant.breaks} | {each.mutant.defect}{_HOW[each.mutant.how]} | {_caught(each)} | {_beside(each)} |"
        for each in judgements
    ]
    return "\n".join([*lines, ""])


def _caught(judgement: Judgement) -> str:
    if judgement.outcome.broken:
        return "**the judge is broken**"
    return "yes" if judgement.caught else "**no**"


def _beside(judgement: Judgement) -> str:
    declared = [f"{requirement}" for requirement in sorted(judgement.beside & judgement.mutant.also)]
    accused = [f"**{requirement}, undeclared**" for requirement in sorted(judgement.accused)]
    return ", ".join(declared + accused) + (f": {judgement.mutant.why}" if declared else "")
