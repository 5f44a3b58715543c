"""What a pool manager is asked, and what an operator is told: what counts as right, in whatever language it is written. Pure."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from poolpact.faults import Request

_READ_OF_NO_POOL = ("/health", "/ready", "/pools")
_TRACEBACK = re.compile(
    r"Traceback \(most recent call last\)|^goroutine \d+ \[|panicked at |^\s+at \S.*[:(]\d+\)?$|Unhandled exception", re.MULTILINE
)


def accepts_json(request: Request) -> bool:
    """Whether the Accept header of ``request`` allows JSON; without one everything is accepted."""
    accepted = request.header("accept")
    return accepted is None or any(_allows(media_range) for media_range in accepted.lower().split(","))


def _allows(media_range: str) -> bool:
    media_type, *parameters = (part.strip() for part in media_range.split(";"))
    fits = media_type in ("application/json", "application/*", "*/*")
    return fits and not any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters)


def targets_beside(pool_id: str, requests: Sequence[Request]) -> list[str]:
    """What was asked for that is neither the status of ``pool_id`` nor a path of no pool at all."""
    wanted = ["", "pools", pool_id, "status"]
    asked = {request.target: _path(request) for request in requests}
    beside = {target: path for target, path in asked.items() if path not in _READ_OF_NO_POOL}
    return [target for target, path in beside.items() if [unquote(part) for part in path.split("/")] != wanted]


def _path(request: Request) -> str:
    """Up to the first sign that would have to be encoded in a path."""
    return re.split("[?#]", request.target)[0]


def is_traceback(text: str) -> bool:
    """Whether ``text`` shows the stack of a program that broke down."""
    return _TRACEBACK.search(text) is not None
