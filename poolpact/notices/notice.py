"""One thing that was noticed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """``text`` says in one sentence, with figures, what was done against ``requirement``; it holds no secret.

    ``accuses``: no orchestrator that keeps the requirement can have done this.
    """

    requirement: str
    text: str
    accuses: bool


def and_more(texts: list[str]) -> str:
    """The first of ``texts``, and how many there are besides."""
    return texts[0] if len(texts) == 1 else f"{texts[0]}, and {len(texts) - 1} more"
