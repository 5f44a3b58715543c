"""Text of a stranger, made safe to show: what would steer a terminal, vanish or turn the line around is written out."""

import unicodedata

_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")
_KEPT = "\n\t"
_NO_CHARACTERS = str.maketrans("\ufffe\uffff", "\ufffd\ufffd")


def visible(text: str) -> str:
    r"""``text`` with control, format and surrogate characters as escapes, ``\x1b`` for one; line feeds and tabs are kept.

    What is left can be encoded as UTF-8 and is allowed in XML and HTML.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text.replace("\r\n", "\n")).translate(_NO_CHARACTERS)


def one_line(text: str, longest: int) -> str:
    """``text`` as one visible line of at most ``longest`` characters."""
    line = " ".join(visible(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _shown(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _STEERING:
        return character
    return character.encode("unicode_escape").decode("ascii")
