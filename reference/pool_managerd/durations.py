"""Durations as people write them: ``20s``, ``500ms``, ``2m``, ``1h``, or plain seconds."""

import re
from typing import Final

LONGEST: Final = 30 * 24 * 3600.0
"""Seconds."""

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_DURATION: Final = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(?P<unit>ms|s|m|h|)", re.ASCII)


def parse_duration(text: str) -> float:
    """The seconds that ``text`` means; raises ValueError with what is expected."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a duration such as 20s, 500ms, 2m or 1h")
    seconds = float(found["number"]) * _SECONDS[found["unit"]]
    if seconds > LONGEST:
        raise ValueError(f"{text!r} is longer than 30 days")
    return seconds
