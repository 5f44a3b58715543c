"""What a verification found: an outcome for each interaction, and what they come to. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from poolpact.contract.pact import Interaction

Outcome = Literal["ok", "failed", "blocked", "not needed", "not applicable"]
"""``failed``: the answer does not match. ``blocked``: the provider state could not be arranged. ``not needed``: the provider gave
another answer of the group. ``not applicable``: the provider does not claim it, or cannot be brought into that state."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one interaction; ``reasons`` are the mismatches, each with its place in the answer."""

    interaction: Interaction
    outcome: Outcome
    reasons: tuple[str, ...] = ()


def mismatches_of(result: Mapping[str, Any]) -> tuple[str, ...]:
    """What the verifier has against an answer; empty when it matches."""
    if result["result"] == "OK":
        return ()
    found = result.get("mismatch") or {}
    if found.get("type") == "mismatches":
        return tuple(_in_words(each) for each in found["mismatches"])
    return (f"no answer: {found.get('message', 'the verifier does not say why')}",)


def _in_words(mismatch: Mapping[str, Any]) -> str:
    kind = str(mismatch.get("type", "")).removesuffix("Mismatch").lower()
    place = mismatch.get("path") or mismatch.get("key") or kind
    if kind == "status" or not mismatch.get("mismatch"):
        return f"{place}: expected {mismatch.get('expected')}, got {mismatch.get('actual')}"
    return f"{place}: {mismatch['mismatch']}"


def settled(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with each group judged as a whole: where one of its interactions fits, the others were not needed."""
    fitting = {finding.interaction.group for finding in findings if finding.outcome == "ok"}
    return [
        Finding(each.interaction, "not needed")
        if each.interaction.group in fitting and each.outcome in ("failed", "blocked")
        else each
        for each in findings
    ]


def counts(findings: Sequence[Finding]) -> dict[Outcome, int]:
    """How often there is each outcome."""
    kinds: tuple[Outcome, ...] = ("ok", "failed", "blocked", "not needed", "not applicable")
    return {kind: sum(finding.outcome == kind for finding in findings) for kind in kinds}


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """One line an interaction; what does not match, and where the contract says so, below it."""
    for finding in findings:
        why = f" ({finding.reasons[0]})" if finding.outcome == "not applicable" and finding.reasons else ""
        yield f"{finding.outcome:14}  {finding.interaction.description}{why}"
        if finding.outcome in ("failed", "blocked"):
            yield f"{'':16}{finding.interaction.place}"
            yield from (f"{'':16}{' '.join(reason.split())}" for reason in finding.reasons)


def summary(findings: Sequence[Finding], seconds: float) -> str:
    """All of it in one line."""
    many = counts(findings)
    rest = ", ".join(f"{many[kind]} {kind}" for kind in ("failed", "blocked", "not needed", "not applicable"))
    return f"interactions: {many['ok']} verified, {rest}; {seconds:.1f} s"
