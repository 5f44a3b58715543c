"""A recorded request as a command line that makes it again."""

import re
import shlex
from collections.abc import Iterator

from poolpact.account import LONGEST_BODY, Exchange
from poolpact.judge.redaction import TOKEN, Redaction

_LEFT_OUT = ("content-length", "connection", "accept-encoding", "transfer-encoding")
_PLAIN_TARGET = re.compile(r"(?!.*/(\.|%2e))/[A-Za-z0-9/._~%?&=:+,;@!$'()*-]*", re.IGNORECASE)
"""What curl sends as it is given."""


def curl_of(exchange: Exchange, redaction: Redaction) -> str:
    """The command for a shell; the token is read from POOL_MANAGERD_TOKEN. Empty where the body is too long to be shown.

    The target and the body are sent as they are, byte for byte, and no header that curl would add tells of a body what the
    request did not.
    """
    if len(exchange.body) >= LONGEST_BODY:
        return ""
    body = redaction.text(exchange.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    parts = ["curl -i", *_method(exchange), *_headers(exchange, redaction), *_body(body)]
    target = redaction.text(exchange.target)
    if _PLAIN_TARGET.fullmatch(target):
        parts.append(shlex.quote(f"{exchange.url}{target}"))
    else:
        parts.append(f"--request-target {_quoted(target.encode('latin-1', 'replace'))} {shlex.quote(exchange.url)}")
    command = " ".join(parts)
    return f"printf %b {_octal(body)} | {command}" if b"\0" in body else command


def _method(exchange: Exchange) -> Iterator[str]:
    if exchange.method == "HEAD":
        yield "--head"
    elif exchange.method != "GET" or exchange.body:
        yield f"-X {shlex.quote(exchange.method)}"


def _headers(exchange: Exchange, redaction: Redaction) -> Iterator[str]:
    for name, value in redaction.headers(exchange.headers).items():
        if name == "authorization" and value.endswith(TOKEN):
            yield f'-H "Authorization: {value.removesuffix(TOKEN)}$POOL_MANAGERD_TOKEN"'
        elif name not in _LEFT_OUT and (name, value) != ("host", exchange.url.rpartition("/")[2]):
            yield f"-H {_quoted((f'{name}: {value}' if value else f'{name};').encode('latin-1', 'replace'))}"
    if exchange.body and "content-type" not in exchange.headers:
        yield "-H content-type:"


def _body(body: bytes) -> Iterator[str]:
    """The options that send it. No argument of a program can hold a NUL: then it is read from stdin."""
    if b"\0" in body:
        yield "--data-binary @-"
    elif body:
        yield f"--data-raw {_quoted(body)}"


def _quoted(content: bytes) -> str:
    """``content`` for a shell; with ANSI quotes where there is a sign that a terminal would not show."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and (text or not content):
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, content)) + "'"


def _escaped(byte: int) -> str:
    character = chr(byte)
    if character in "\\'":
        return f"\\{character}"
    return character if 32 <= byte < 127 else f"\\{byte:03o}"


def _octal(content: bytes) -> str:
    return "'" + "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\0{byte:03o}" for byte in content) + "'"
