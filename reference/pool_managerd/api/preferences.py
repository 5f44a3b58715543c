"""The Prefer header (RFC 7240), of which the daemon knows ``wait``."""

import re
from collections.abc import Iterable

LONGEST_WAIT = 3600
"""Seconds. A longer wait is cut to this, and Preference-Applied says so."""

_PREFERENCE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+")++', re.ASCII)
_WAIT = re.compile(r'\s*wait\s*=\s*"?(?P<seconds>[0-9]++)"?\s*(?:;.*)?', re.ASCII | re.IGNORECASE)


def wait_of(prefer: Iterable[str]) -> int | None:
    """The seconds that the caller is willing to wait; None when it does not say, or says it in a way that is not understood.

    As the RFC demands, a preference that is not understood is ignored, never an error, and the first ``wait`` counts.
    """
    for preference in _PREFERENCE.findall(",".join(prefer)):
        name, _, _ = preference.partition("=")
        if name.strip().lower() == "wait":
            found = _WAIT.fullmatch(preference)
            return None if found is None else _seconds(found["seconds"])
    return None


def preference_applied(wait: int | None) -> dict[str, str]:
    """The header that says which wait counted; none where none was asked for."""
    return {} if wait is None else {"Preference-Applied": f"wait={wait}"}


def _seconds(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return LONGEST_WAIT if len(digits) > len(str(LONGEST_WAIT)) else min(int(digits), LONGEST_WAIT)
