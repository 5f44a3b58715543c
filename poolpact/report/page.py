"""The report as one HTML file that needs nothing else: no network, and no script to be read."""

import base64
import hashlib
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from poolpact.report import findings
from poolpact.report.coverage import grid_of
from poolpact.report.document import Document
from poolpact.report.printable import one_line, visible

SLOWEST = 20
"""Scenarios whose time is shown."""
OPEN_TRANSCRIPTS = 10
"""With at most so many scenarios in trouble their transcripts are open; more would bury what comes after."""


def page_of(document: Document) -> str:
    """The page. Whatever the subject said is text in it: it is escaped, and a policy forbids any script but the page's own."""
    failures, unjudged = findings.failures(document), findings.unjudged(document)
    slowest = sorted(document["scenarios"], key=lambda scenario: (-scenario["seconds"], scenario["id"]))[:SLOWEST]
    return _template().render(
        report=document,
        outcome=findings.outcome_in_words(document),
        profiles=findings.profiles(document),
        tallies={
            name: Counter(findings.standing(requirement) for requirement in requirements)
            for name, requirements in findings.profiles(document).items()
        },
        tally=findings.tally(document),
        scenarios=findings.scenarios_of(document),
        failures=failures,
        unjudged=unjudged,
        shown={trouble.requirement["id"] for trouble in failures + unjudged},
        open_transcripts={
            scenario["id"] for trouble in failures + unjudged for scenario in trouble.scenarios[:1] if scenario.get("transcript")
        }
        if sum(len(trouble.scenarios) for trouble in failures + unjudged) <= OPEN_TRANSCRIPTS
        else set(),
        grid=grid_of(document),
        slowest=slowest,
        longest=max((scenario["seconds"] for scenario in slowest), default=0.0),
        replay=lambda scenario: findings.replay_of(document, scenario),
    )


def _duration(seconds: float) -> str:
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%d %B %Y, %H:%M:%S UTC").lstrip("0")


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "0%"


def _short(text: str) -> str:
    """What is told in full elsewhere on the page."""
    return one_line(text, 160)


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("poolpact.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (_source(environment, name) for name in ("page.css", "page.js"))
    environment.globals.update(
        style=Markup(style),  # noqa: S704 - the package's own files
        script=Markup(script),  # noqa: S704
        style_digest=_digest(style),
        script_digest=_digest(script),
        verdicts=findings.VERDICTS,
        standings=findings.STANDINGS,
        standing=findings.standing,
        many=findings.many,
        reason_of=findings.reason_of,
        runs=findings.runs,
    )
    environment.filters.update(duration=_duration, moment=_moment, share=_share, short=_short)
    return environment.get_template("page.html.j2")


def _source(environment: Environment, name: str) -> str:
    loader = environment.loader
    assert loader is not None  # noqa: S101
    return loader.get_source(environment, name)[0]


def _digest(text: str) -> str:
    """How a content security policy names an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
