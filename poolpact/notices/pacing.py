"""How often, and for how long, a pool manager in trouble is asked (OR-RETRY-1, OR-RETRY-2, OR-DEG-2)."""

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import unquote

from poolpact.account import Exchange
from poolpact.boundary.timing import most_in_a_second
from poolpact.faults.journal import Chapter
from poolpact.notices.facts import Facts
from poolpact.notices.notice import Notice

MOST_CONNECTIONS = 5
"""A second, while the pool manager is down."""
SLACK = 1.0
"""Seconds beyond its deadline after which an orchestrator that still waits for an answer is noticed."""
_ENDLESS = ("Stall", "Withhold", "Drip", "Endless")
_DOWN = ("Reset", "HangUp")
_LEASES = re.compile(r"/pools/([^/]+)/leases/?")
_LEASE = re.compile(r"/pools/([^/]+)/leases/[^/]+/?")


def repeated_leases(chapter: Chapter, facts: Facts) -> Iterator[Notice]:
    """More leases asked for than there were tasks, after one whose answer was lost.

    A lease that was refused may be asked for again, and so may one with the same Idempotency-Key, or instead of one that was lost
    while it was held.
    """
    taken: dict[str, list[Exchange]] = defaultdict(list)
    kept: dict[str, list[Exchange]] = defaultdict(list)
    for question in chapter.questions:
        exchange = question.exchange
        path = exchange.target.partition("?")[0]
        if exchange.method == "POST" and (found := _LEASES.fullmatch(path)):
            taken[unquote(found[1])].append(exchange)
        elif exchange.method in ("PUT", "PATCH") and (found := _LEASE.fullmatch(path)):
            kept[unquote(found[1])].append(exchange)
    for pool_id, asked in taken.items():
        yield from _repeated(pool_id, asked, kept[pool_id], facts)


def _repeated(pool_id: str, asked: list[Exchange], renewals: list[Exchange], facts: Facts) -> Iterator[Notice]:
    known: list[tuple[object, Exchange]] = []
    for number, exchange in enumerate(asked):
        key = exchange.headers.get("idempotency-key", number)
        lost = [earlier for _, earlier in known if _is_lost(earlier) and earlier.at < exchange.at]
        others = {other for other, earlier in known if not _is_refused(earlier)} | {key}
        tasks = sum(task.pool_id == pool_id and task.at <= exchange.at for task in facts.tasks)
        failed = sum(renewal.status is None or renewal.status >= 300 for renewal in renewals if renewal.at <= exchange.at)
        if lost and len(others) > tasks + failed and key not in {other for other, _ in known}:
            after = f"one of them {exchange.at - lost[-1].at:.2f} s after one whose answer was lost"
            text = f"{len(others)} leases with keys of their own, or none, were asked for where {tasks} tasks were given, {after}"
            yield Notice("OR-RETRY-1", text, accuses=True)
            return
        known.append((key, exchange))


def _is_lost(exchange: Exchange) -> bool:
    """Whether nobody knows what came of it."""
    return exchange.status is None or exchange.status >= 500


def _is_refused(exchange: Exchange) -> bool:
    return exchange.status is not None and 300 <= exchange.status < 500


def held_open(chapter: Chapter, facts: Facts) -> Iterator[Notice]:
    """Waiting long after the deadline for an answer that does not come: whoever asked may have been answered all the same."""
    if not facts.subjects_heed_settings:
        return
    for line in sorted({subject.line for subject in facts.subjects}):
        deadline = max(subject.deadline for subject in facts.subjects if subject.line == line)
        waits = [
            question.exchange.seconds
            for question in chapter.questions
            if question.exchange.url == line and question.exchange.status is None and question.fault in _ENDLESS
        ]
        if waits and max(waits) > deadline + SLACK:
            text = f"an answer was waited for {max(waits):.2f} s where the deadline is {deadline:.2f} s"
            yield Notice("OR-DEG-2", text, accuses=False)


def storms(chapter: Chapter, facts: Facts) -> Iterator[Notice]:
    """More connections in a second than a pool manager that is down may see.

    Each orchestrator may come so often: those of the scenario, and, where somebody is accused, all that the run has started.
    Where connections are accepted, and ended only after a question, it may be argued whether the pool manager is down.
    """
    for outage in chapter.outages:
        if outage.fault not in _DOWN:
            continue
        during = (arrival for arrival in chapter.arrivals if outage.began <= arrival.at <= outage.ended)
        times = [arrival.at for arrival in during if arrival.url == outage.url]
        most = most_in_a_second(times)
        here = sum(subject.line == outage.url for subject in facts.subjects)
        if most > MOST_CONNECTIONS * max(here, 1):
            is_certain = outage.fault == "Reset" and most > MOST_CONNECTIONS * max(len(facts.at(outage.url)), 1)
            seconds = outage.ended - outage.began
            text = f"{most} connections in a second while the pool manager was down, {len(times)} in {seconds:.2f} s"
            yield Notice("OR-RETRY-2", text, is_certain)
