"""The words that sentences share: names in quotes, lists of them, yes and no, what engines do, what pool managers do wrong.

Behave loads this file first.
"""

import re

import parse  # type: ignore[import-untyped]
from behave import register_type

from poolpact.daemon.engines import BEHAVIOUR
from poolpact.faults.troubles import SENTENCES


@parse.with_pattern(r'"[^"]+"')
def quoted(text: str) -> str:
    return text[1:-1]


@parse.with_pattern(r'"[^"]+"(?:(?:, | and )"[^"]+")*')
def several_quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]+)"', text)


@parse.with_pattern(r"yes|no")
def yes_or_no(text: str) -> bool:
    return text == "yes"


@parse.with_pattern(r"\S+")
def word(text: str) -> str:
    return text


@parse.with_pattern(BEHAVIOUR)
def behaviour(text: str) -> str:
    return text


@parse.with_pattern(SENTENCES)
def trouble(text: str) -> str:
    return text


register_type(Name=quoted, Names=several_quoted, YesNo=yes_or_no, Word=word, Behaviour=behaviour, Trouble=trouble)
