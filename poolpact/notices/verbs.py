"""Methods: a status is read, and reading is GET or HEAD (OR-REQ-1)."""

import re
from collections.abc import Iterator

from poolpact.faults.journal import Chapter
from poolpact.notices.facts import Facts
from poolpact.notices.notice import Notice, and_more

READS = ("GET", "HEAD")
HARMLESS = (*READS, "OPTIONS", "TRACE")
_STATUS = re.compile(r"/pools/[^/]+/status/?")
_ONLY_READ = re.compile(r"/health/?|/pools/?")


def wrong_methods(chapter: Chapter, _: Facts) -> Iterator[Notice]:
    """A status that was asked for with a method that may change something; other paths that have none of those."""
    asked = [question.exchange for question in chapter.questions if not question.elsewhere]
    for path, accuses in ((_STATUS, True), (_ONLY_READ, False)):
        wrong = [
            f"{exchange.method} {exchange.target}"
            for exchange in asked
            if exchange.method not in HARMLESS and path.fullmatch(exchange.target.partition("?")[0])
        ]
        if wrong:
            yield Notice("OR-REQ-1", f"what is only read was asked for with another method: {and_more(wrong)}", accuses)
