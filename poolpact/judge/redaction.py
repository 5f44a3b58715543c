"""Secrets are taken out of everything that a report shows."""

import base64
import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import quote, quote_plus

_SHORTEST = 4
"""A text that is shorter than this is too common to be looked for, be it a secret or what is left of one that was cut."""
_BEARER = re.compile(r"(bearer +)(.*)", re.IGNORECASE | re.DOTALL)
_CREDENTIALS = ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key")
TOKEN = "(the token)"  # noqa: S105 - what stands for it
_SECRET = "(secret)"  # noqa: S105 - what stands for one


class Redaction:
    """Replaces ``secrets`` wherever they turn up, in whichever writing, and whatever is sent as a credential."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = frozenset(secrets)
        self._forms = {form for secret in secrets for form in _forms_of(secret) if len(form) >= _SHORTEST}
        by_length = sorted(self._forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, by_length)), re.IGNORECASE) if by_length else None

    def text(self, text: str) -> str:
        """``text`` without a secret."""
        return text if self._pattern is None else self._pattern.sub(_SECRET, text)

    def cut(self, text: str, *, start: bool = False, end: bool = False) -> str:
        """The same for a text of which something was cut off at its ``start`` or its ``end``, perhaps within a secret."""
        text = self.text(text)
        if end and (left := max((_overlap(text, form) for form in self._forms), default=0)):
            text = f"{text[:-left]}{_SECRET}"
        if start and (left := max((_overlap(form, text) for form in self._forms), default=0)):
            text = f"{_SECRET}{text[left:]}"
        return text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """``headers`` without a secret. Of a credential that is none of them no part is shown: it may be made from one."""
        return {
            name: self._credential(value) if name.lower() in _CREDENTIALS else self.text(value) for name, value in headers.items()
        }

    def _credential(self, value: str) -> str:
        bearer = _BEARER.fullmatch(value)
        if bearer is not None and bearer[2] in self._secrets:
            return f"{bearer[1]}{TOKEN}"
        return "(another credential)"


def _forms_of(secret: str) -> Iterator[str]:
    """``secret`` as it is, and as it looks in a URL, in JSON, in Python, and in base64: that depends on what is before it."""
    encoded = secret.encode("utf-8", "surrogateescape")
    yield from (secret, quote(encoded), quote(encoded, safe=""), quote_plus(encoded), repr(secret)[1:-1])
    yield shlex.quote(secret)[1:-1]
    yield from (json.dumps(secret, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    yield "".join(f"%{byte:02x}" for byte in encoded)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            in_base64 = encode(bytes(before) + encoded).decode("ascii")
            yield in_base64[-(-before * 8 // 6) : (before + len(encoded)) * 8 // 6]


def _overlap(text: str, other: str) -> int:
    """How many characters at the end of ``text`` are those at the beginning of ``other``, if they say anything."""
    longest = min(len(text), len(other))
    return next((size for size in range(longest, _SHORTEST - 1, -1) if text.endswith(other[:size])), 0)
