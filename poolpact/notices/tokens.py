"""The token: it goes to the pool manager that it is for, with every request, and to nobody else (OR-REQ-2)."""

from collections.abc import Iterator

from poolpact.account import Exchange
from poolpact.faults.journal import Chapter
from poolpact.notices.facts import Facts
from poolpact.notices.notice import Notice, and_more

SHORTEST_SECRET = 8
"""Characters: a shorter token may occur in a request by chance."""
_OPEN_PATHS = ("/health", "/ready")
_SCHEME = "bearer "


def missing_tokens(chapter: Chapter, facts: Facts) -> Iterator[Notice]:
    """Requests without a token, or with one that nobody was given, where every orchestrator was given one."""
    without, with_another = [], []
    for question in chapter.questions:
        exchange = question.exchange
        tokens = _tokens_at(exchange.url, facts)
        if question.elsewhere or None in tokens or not tokens or exchange.target.partition("?")[0] in _OPEN_PATHS:
            continue
        sent = exchange.headers.get("authorization")
        if sent is None:
            without.append(f"{exchange.method} {exchange.target}")
        elif sent[: len(_SCHEME)].lower() != _SCHEME or sent[len(_SCHEME) :].strip() not in tokens:
            with_another.append(f"{exchange.method} {exchange.target}")
    if without:
        yield Notice("OR-REQ-2", f"the configured token was not sent: {and_more(without)}", accuses=True)
    if with_another:
        yield Notice("OR-REQ-2", f"another token was sent than the configured one: {and_more(with_another)}", accuses=True)


def leaked_tokens(chapter: Chapter, facts: Facts) -> Iterator[Notice]:
    """A token that reached somebody for whom it is not: a bystander, or a pool manager for which there is none."""
    secrets = {subject.token for subject in facts.all_subjects if subject.token and len(subject.token) >= SHORTEST_SECRET}
    followed, sent = [], []
    for question in chapter.questions:
        exchange = question.exchange
        of_here = _tokens_at(exchange.url, facts)
        if not question.elsewhere and (not of_here or not facts.subjects_heed_settings):
            continue
        if not any(secret in _everything(exchange) for secret in secrets - of_here):
            continue
        status = _redirect_to(exchange, chapter)
        if status is None:
            sent.append(f"{exchange.method} at {exchange.url}")
        else:
            followed.append(f"{exchange.method} at {exchange.url} after a {status}")
    if followed:
        yield Notice("OR-REQ-2", f"a redirect was followed with the token: {and_more(followed)}", accuses=True)
    if sent:
        yield Notice("OR-REQ-2", f"the token was sent to somebody for whom it is not: {and_more(sent)}", accuses=True)


def _tokens_at(url: str, facts: Facts) -> set[str | None]:
    """The tokens with which orchestrators come to ``url``; empty where nothing is known of them."""
    return {subject.token for subject in facts.at(url)} if facts.subjects_heed_settings else set()


def _everything(exchange: Exchange) -> str:
    headers = " ".join(exchange.headers.values())
    return f"{exchange.target} {headers} {exchange.body.decode('latin-1')}"


def _redirect_to(exchange: Exchange, chapter: Chapter) -> int | None:
    """The status of the redirect that led to ``exchange``."""
    for earlier in chapter.exchanges:
        leads_here = earlier.answer_headers.get("location", "").startswith(exchange.url)
        if leads_here and earlier.status is not None and earlier.at <= exchange.at:
            return earlier.status
    return None
