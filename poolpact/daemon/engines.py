"""The engines that scenarios speak of: a phrase becomes flags of the engine simulator."""

import re
from collections.abc import Collection

_MUTE = "--sim-mute"
_PATTERNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"loads for (?P<a>[\d.]+) seconds", ("--sim-load", "{a}")),
    (r"stays loading until it is told", ("--sim-wait",)),
    (r"never listens", (_MUTE,)),
    (r"exits with code (?P<a>\d+) while loading", ("--sim-wait", "--sim-exit-after", "0.02", "--sim-exit-code", "{a}")),
    (r"dies of (?P<a>SIG[A-Z]+) while loading", ("--sim-wait", "--sim-exit-after", "0.02", "--sim-exit-signal", "{a}")),
    (r'prints "(?P<a>[^"]*)"', ("--sim-print", "{a}")),
    (r"runs out of GPU memory", ("--sim-cuda-error",)),
    (r"ignores SIGTERM", ("--sim-ignore-term",)),
    (r"starts a child", ("--sim-spawn-child",)),
    (r"listens from a child", ("--sim-listen-child",)),
    (r"has (?P<a>\d+) slots?", ("--sim-slots", "{a}")),
    (r"tells no slots", ("--sim-no-props",)),
    (r"does not tell whether it works", ("--sim-no-slots",)),
)
_PART = "|".join(re.sub(r"\?P<a>", "?:", pattern) for pattern, _ in _PATTERNS)

BEHAVIOUR = rf"(?:{_PART})(?:(?:, and |, | and )(?:{_PART}))*"
"""A pattern of the phrases that :func:`engine_flags` knows."""


def listens(flags: Collection[str]) -> bool:
    """Whether an engine with ``flags`` ever listens."""
    return _MUTE not in flags


def engine_flags(phrase: str) -> tuple[str, ...]:
    """The flags of an engine that does what ``phrase`` says, such as ``never listens and ignores SIGTERM``.

    Raises ValueError for a phrase that means nothing.
    """
    flags: tuple[str, ...] = ()
    for part in re.split(r", and |, | and ", phrase):
        flags += _flags(part)
    return flags


def _flags(part: str) -> tuple[str, ...]:
    for pattern, flags in _PATTERNS:
        match = re.fullmatch(pattern, part)
        if match is not None:
            return tuple(flag.format(**match.groupdict()) for flag in flags)
    raise ValueError(f"there is no engine that {part!r}")
