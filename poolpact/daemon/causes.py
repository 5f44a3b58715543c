"""Whether a text names why an engine ended, in whichever words a pool manager has for it. Pure."""

import re
import signal
from collections.abc import Iterable, Iterator
from typing import Any

_CODE = re.compile(r"code (\d+)")
_SIGNAL = re.compile(r"SIG[A-Z]+")


def names_cause(text: str, cause: str) -> bool:
    """Whether ``text`` names ``cause``: ``code 42``, ``SIGSEGV``, or words that the engine printed.

    A signal may go by its name, by its number, by what the system calls it (``killed``) or as 128 and its number.
    """
    if code := _CODE.fullmatch(cause):
        return _has_number(text, int(code[1]))
    if _SIGNAL.fullmatch(cause):
        return _names_signal(text, signal.Signals[cause])
    return cause in text


def without(text: str, words: Iterable[str]) -> str:
    """``text`` without ``words``, such as ids and paths that have digits in them by chance."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, " ")
    return text


def words_of(value: Any) -> Iterator[str]:
    """Every text and every number in a JSON value; the names of its members say nothing."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, str):
            yield each
        elif type(each) is int and abs(each) < 1 << 64:
            yield str(each)


def _names_signal(text: str, wanted: signal.Signals) -> bool:
    name = wanted.name.removeprefix("SIG")
    if re.search(rf"(?<![A-Za-z])(SIG)?{name}(?![A-Za-z])", text):
        return True
    described = (signal.strsignal(wanted) or "").lower()
    is_described = described != "" and described in text.lower()
    return is_described or _has_number(text, wanted.value) or _has_number(text, 128 + wanted.value)


def _has_number(text: str, number: int) -> bool:
    """Whether ``number`` stands there by itself; a sign before it does not matter."""
    return re.search(rf"(?<![\w.]){number}(?!\w|\.\d)", text) is not None
