"""The sentences of the features, as faults: what "the pool manager never answers" means on the wire."""

import re
from collections.abc import Callable

from poolpact.faults.faults import Drip, Endless, Fault, HangUp, Refuse, Reset, Rubbish, Say, Stall, Truncate, Withhold
from poolpact.faults.wire import Reply, Request

_TROUBLES: dict[str, Callable[[], Fault]] = {
    "refuses connections": Refuse,
    "resets connections": Reset,
    "never answers": Stall,
    "hangs up without an answer": HangUp,
    "breaks off in the middle": Truncate,
    "answers a byte at a time": Drip,
    "keeps the last byte to itself": Withhold,
    "never stops answering": Endless,
    "talks no HTTP": Rubbish,
    "answers with a web page": lambda: _page("<!doctype html><title>Welcome</title><h1>It works!</h1>", "text/html"),
    "answers with broken JSON": lambda: _page('{"pool_id": "', "application/json"),
    "answers with an empty body": lambda: _page("", "application/json"),
}
_PERFORMED: dict[str, Callable[[], Fault]] = {
    "never answers": lambda: Stall(performed=True),
    "hangs up without an answer": lambda: HangUp(performed=True),
}
_STATUS = re.compile(r"answers with status (\d{3})")
_JSON = re.compile(r"answers with the JSON (.+)")
_LEASES = re.compile(r"/pools/[^/?]+/leases/?(\?.*)?")

SENTENCES = "|".join([*map(re.escape, _TROUBLES), r"answers with status \d{3}", r"answers with the JSON \S+"])
"""A pattern of the sentences that :func:`trouble` knows."""


def trouble(sentence: str, *, performed: bool = False) -> Fault:
    """The fault that ``sentence`` describes; raises KeyError for one that is unknown.

    ``performed``: where the pool manager's answer is lost, it did what it was asked all the same.
    """
    if match := _STATUS.fullmatch(sentence):
        return _refusal(int(match[1]))
    if match := _JSON.fullmatch(sentence):
        return _page(match[1], "application/json")
    if performed and sentence in _PERFORMED:
        return _PERFORMED[sentence]()
    return _TROUBLES[sentence]()


def asks_for_a_lease(request: Request) -> bool:
    """Whether ``request`` acquires a lease."""
    return request.method == "POST" and _LEASES.fullmatch(request.target) is not None


def _page(body: str, content_type: str) -> Say:
    return Say(Reply(200, {"content-type": content_type}, body.encode()))


def _refusal(status: int) -> Say:
    if status in (204, 304):
        return Say(Reply(status))
    document = {
        "type": "about:blank",
        "title": "trouble",
        "status": status,
        "code": "trouble",
        "detail": "as the scenario wants it",
    }
    return Say(Reply.of_json(status, document, "application/problem+json"))
