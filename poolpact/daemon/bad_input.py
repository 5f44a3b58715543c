"""The broken preloads, hostile ids and useless binaries that scenarios speak of."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from string import ascii_letters
from typing import Any

_TEN_MEGABYTES = 10 * 1024 * 1024

_BODIES: Mapping[str, Callable[[dict[str, Any]], bytes]] = {
    "empty": lambda prepared: b"",
    "cut off": lambda prepared: _body(prepared)[:-2],
    "not UTF-8": lambda prepared: _body(prepared).replace(b"replica-0", b"replica-\xff"),
    "a web page": lambda prepared: b"<!doctype html><title>preload</title>",
    "10 MB of nothing": lambda prepared: b" " * _TEN_MEGABYTES,
    "null": lambda prepared: b"null",
    "a list": lambda prepared: json.dumps([{"prepared": prepared}]).encode(),
    "a text": lambda prepared: json.dumps(json.dumps({"prepared": prepared})).encode(),
    'without "prepared"': lambda prepared: json.dumps(prepared).encode(),
    '"prepared" as null': lambda prepared: b'{"prepared": null}',
    '"prepared" as a list': lambda prepared: json.dumps({"prepared": [prepared]}).encode(),
    "nested 5000 levels deep": lambda prepared: b'{"prepared": ' * 5000 + b"{}" + b"}" * 5000,
}


def broken_body(phrase: str, prepared: dict[str, Any]) -> bytes:
    """A body that says ``prepared`` and is broken as ``phrase`` says; KeyError when it says nothing."""
    return _BODIES[phrase](prepared)


def _body(prepared: dict[str, Any]) -> bytes:
    return json.dumps({"prepared": prepared}).encode()


def useless_binary(phrase: str, allowed: Path, elsewhere: Path) -> str:
    """The path of a binary that is useless as ``phrase`` says.

    ``allowed`` is a folder that the daemon may execute from, ``elsewhere`` one that it may not.
    """
    if phrase == "missing":
        return str(allowed / "no-such-engine")
    if phrase == "a relative path to nothing":
        return "./no-such-folder/engine"
    if phrase == "a folder":
        path = allowed / "a-folder"
        path.mkdir(exist_ok=True)
    elif phrase == "a text file":
        path = allowed / "README.txt"
        path.write_text("an engine would be here\n", encoding="utf-8")
    elif phrase == "an executable file that is no program":
        path = allowed / "rubbish"
        path.write_bytes(b"\x00\x01\x02 not a program")
        path.chmod(0o755)
    elif phrase == "outside the allowed folders":
        path = _program(elsewhere / "engine")
    elif phrase == "behind a link that goes outside the allowed folders":
        path = allowed / "link"
        path.unlink(missing_ok=True)
        path.symlink_to(_program(elsewhere / "engine"))
    else:
        raise ValueError(f"there is no binary that is {phrase!r}")
    return str(path)


def _program(path: Path) -> Path:
    path.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def raw_pool_id(phrase: str, unique: str, share: tuple[int, int] = (0, 1)) -> str:
    """The pool id that ``phrase`` describes, as it goes on the wire.

    ``unique`` makes a good one nobody else's, and so does ``share`` (which of how many, from 0) where there are but few.
    """
    letters = ascii_letters[share[0] :: share[1]]
    described = {
        "of no letter": "",
        "of one letter": letters[hash(unique) % len(letters)],
        "of 128 letters": unique.ljust(128, "x"),
        "of 129 letters": unique.ljust(129, "x"),
        "with capitals, digits, dots, dashes and underscores": f"A-z_0.9-{unique}",
    }
    return described.get(phrase, phrase)


def wrong_credentials(phrase: str, token: str) -> str:
    """The value of Authorization that ``phrase`` describes, for a daemon whose token is ``token``."""
    return {
        "another token": "Bearer not-the-token",
        "the beginning of the token": f"Bearer {token[:-1]}",
        "the token and a letter more": f"Bearer {token}x",
        "the token in other capitals": f"Bearer {token.swapcase()}" if token.swapcase() != token else "Bearer TOKEN",
        "an empty token": "Bearer",
        "the token without a scheme": token,
        "the token under the Basic scheme": f"Basic {base64.b64encode(f':{token}'.encode()).decode()}",
        "a token that is not ASCII": "Bearer t\u00f6k\u00e9n",
    }[phrase]
