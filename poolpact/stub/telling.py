"""The grammar of what a stub is told: ``NAME=VALUE`` pairs by commas, durations, and one line for what does not fit."""

import shlex
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from pool_managerd.durations import LONGEST, parse_duration

M = TypeVar("M", bound=BaseModel)


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0, le=LONGEST, allow_inf_nan=False)]
"""A duration such as ``500ms``, or plain seconds."""


class CannotBeTold(ValueError):
    """One thing that was told does not fit: ``where`` in it, and why."""

    def __init__(self, where: tuple[str, ...], why: str) -> None:
        super().__init__(f"{'.'.join(where)}: {why}" if where else why)
        self.where = where
        self.why = why


def split_members(text: str) -> dict[str, str | bool]:
    """The members of ``a=1,b="x, y",c``; a bare word is True. Raises CannotBeTold."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace, lexer.whitespace_split = ",", True
    lexer.quotes, lexer.escape, lexer.commenters = '"', "", ""
    members: dict[str, str | bool] = {}
    try:
        words = list(lexer)
    except ValueError:
        raise CannotBeTold((), "a quotation mark is not closed") from None
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip()
        if name in members:
            raise CannotBeTold((name,), "is told twice")
        members[name] = value if equals else True
    return members


def quoted(text: str) -> str:
    """``text`` as one value of :func:`split_members`, on one line."""
    line = " ".join(text.split())
    return f'"{line}"' if "," in line else line


def fitted(model: type[M], told: Mapping[str, Any], *, strict: bool) -> M:
    """``told`` as a ``model``; raises CannotBeTold. ``strict``: values have types of their own, where else all are text."""
    try:
        found = model.model_validate(told, strict=strict)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise CannotBeTold(tuple(str(part) for part in first["loc"]), _why(first["type"], first["msg"])) from None
    for name, value in told.items():
        # Text is read leniently, and a bare word would be the number 1.
        if value is True and getattr(found, name.replace("-", "_")) is not True:
            raise CannotBeTold((name,), "needs a value")
    return found


def _why(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such member"
    plain = message.removeprefix("Value error, ")
    return plain[:1].lower() + plain[1:]
