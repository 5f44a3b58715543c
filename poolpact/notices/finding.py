"""What a subject did wrong, from the journal of a scenario. Pure.

A notice accuses only where no orchestrator that keeps the requirement can have done this. Any other is told, no more.
"""

from collections.abc import Callable, Iterator

from poolpact.faults.journal import Chapter
from poolpact.notices.facts import Facts
from poolpact.notices.notice import Notice
from poolpact.notices.pacing import held_open, repeated_leases, storms
from poolpact.notices.tokens import leaked_tokens, missing_tokens
from poolpact.notices.verbs import wrong_methods

_FINDERS: tuple[Callable[[Chapter, Facts], Iterator[Notice]], ...] = (
    wrong_methods,
    missing_tokens,
    leaked_tokens,
    repeated_leases,
    held_open,
    storms,
)


def notices_of(chapter: Chapter, facts: Facts) -> tuple[Notice, ...]:
    """Everything that is noticed in ``chapter``."""
    return tuple(notice for find in _FINDERS for notice in find(chapter, facts))
