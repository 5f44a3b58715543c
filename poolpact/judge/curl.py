"""A recorded request as a command line that makes it again."""

import shlex

from poolpact.account import LONGEST_BODY, Exchange
from poolpact.judge.redaction import Redaction

_LEFT_OUT = ("host", "content-length", "connection", "accept-encoding", "transfer-encoding")
TOKEN = "Bearer (the token)"  # noqa: S105 - what stands for it


def curl_of(exchange: Exchange, redaction: Redaction) -> str:
    """The command for a shell; the token is read from POOL_MANAGERD_TOKEN. Empty where the body is too long to be shown.

    The target is sent as it is, dots and all.
    """
    if len(exchange.body) >= LONGEST_BODY:
        return ""
    parts = ["curl -i --path-as-is"]
    if exchange.method != "GET":
        parts.append(f"-X {shlex.quote(exchange.method)}")
    for name, value in redaction.headers(exchange.headers).items():
        if name == "authorization" and value == TOKEN:
            parts.append('-H "Authorization: Bearer $POOL_MANAGERD_TOKEN"')
        elif name == "host" or name not in _LEFT_OUT:
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if exchange.body:
        parts.append(f"--data-binary {_quoted(redaction.text(exchange.body.decode('utf-8', 'backslashreplace')))}")
    parts.append(shlex.quote(f"{exchange.url}{redaction.text(exchange.target)}"))
    return " ".join(parts)


def _quoted(text: str) -> str:
    """``text`` for a shell; with ANSI quotes where there is a sign that a terminal would not show."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.encode("unicode_escape").decode("ascii").replace("'", "\\'")
    return f"$'{escaped}'"
