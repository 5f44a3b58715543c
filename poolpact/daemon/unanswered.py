"""Calls to which no answer may come.

A requirement that promises an answer is broken where none comes. So a When that makes the call under judgement goes on without
one, and the Then that looks at the answer finds that there is none, as it would find a wrong one.
"""

from collections.abc import Awaitable

from poolpact.exchange import ExchangeFailed, NoAnswerInTime
from poolpact.targets.base import Answer

NONE = 0
"""The status of what stands for an answer that did not come; it is never right where one is promised."""


async def tried(call: Awaitable[Answer]) -> Answer:
    """The answer to ``call``; where none comes, one of status NONE whose body says why."""
    try:
        return await call
    except ExchangeFailed as failure:
        return Answer(NONE, {}, str(failure).encode(), 0.0)


async def refused_without_a_word(call: Awaitable[Answer]) -> Answer:
    """The same for a call that may be refused by hanging up; raises NoAnswerInTime where nobody does even that."""
    try:
        return await call
    except NoAnswerInTime:
        raise
    except ExchangeFailed as failure:
        return Answer(NONE, {}, str(failure).encode(), 0.0)
