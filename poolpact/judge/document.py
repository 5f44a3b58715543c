"""The report as data: what contracts/schemas/conformance.json describes."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from poolpact import __version__
from poolpact.account import LONGEST_BODY, Exchange
from poolpact.contract.document import load_document
from poolpact.judge.curl import curl_of
from poolpact.judge.redaction import Redaction
from poolpact.judge.verdicts import Finding, Judgement, Verdict, reason_of, verdict_of
from poolpact.ledger import Entry
from poolpact.scenarios import words_of

_ORCHESTRATOR_PATHS = ("/health", "/v1/pools/{pool_id}/health", "/v1/tasks", "/v1/tasks/{task_id}/stream")
LONGEST_REASON = 4000
"""Characters of a reason that are shown."""
_FEATURES = "features/"
_ELSEWHERE = "(any other path)"


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of a run besides its judgement. ``target`` is the URL or the command; ``seconds`` is how long it took."""

    subject: str
    implementation: str
    version: str | None
    target: str
    mode: str
    replay: str
    started_at: datetime
    seconds: float
    known_failures: str | None


def conformance(run: Run, judgement: Judgement, redaction: Redaction) -> dict[str, Any]:
    """The document of a run. Nothing in it holds a secret that ``redaction`` knows."""
    entries = [entry for finding in judgement.findings for entry in finding.entries]
    return {
        "schema_version": 1,
        "subject": run.subject,
        "implementation": redaction.text(run.implementation),
        "version": None if run.version is None else redaction.text(run.version),
        "suite_version": __version__,
        "mode": run.mode,
        "target": redaction.text(run.target),
        "profiles": list(judgement.profiles),
        "verdict": judgement.outcome,
        "exit_code": judgement.exit_code,
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "seconds": round(run.seconds, 3),
        "replay": redaction.text(run.replay),
        "counts": _counts(judgement.findings),
        "requirements": [_requirement(finding, redaction) for finding in judgement.findings],
        "scenarios": [_scenario(entry, redaction) for entry in entries],
        "known_failures": {"file": run.known_failures, "stale": list(judgement.stale)},
        "coverage": coverage(entries, _paths_of(run.subject)),
        "notices": _notices(entries, redaction),
        "complaints": [redaction.text(complaint) for complaint in judgement.complaints],
    }


def _counts(findings: Collection[Finding]) -> dict[str, int]:
    counted = Counter(finding.verdict for finding in findings)
    return {verdict: counted[verdict] for verdict in get_args(Verdict)}


def _requirement(finding: Finding, redaction: Redaction) -> dict[str, Any]:
    requirement = finding.requirement
    return {
        "id": requirement.id,
        "level": requirement.level,
        "profile": requirement.profile,
        "sentence": requirement.sentence,
        "why": requirement.why,
        "verdict": finding.verdict,
        "counts": finding.counts,
        "reason": _reason(finding.reason, redaction),
        "known": finding.known,
        "scenarios": [entry.scenario_id for entry in finding.entries],
    }


def _scenario(entry: Entry, redaction: Redaction) -> dict[str, Any]:
    place, _, name = entry.scenario[entry.scenario.find(_FEATURES) :].partition(" ")
    account = entry.account
    told: dict[str, Any] = {
        "id": entry.scenario_id,
        "requirement": entry.requirement_id,
        "name": words_of(name),
        "place": place,
        "verdict": verdict_of(entry),
        "reason": _reason(reason_of(entry), redaction),
        "seconds": 0.0 if account is None else round(account.seconds, 3),
        "exchanges": 0 if account is None else account.exchanges,
    }
    if account is not None and account.steps:
        told["steps"] = [{"text": redaction.text(text), "status": status} for text, status in account.steps]
        told["transcript"] = [_exchange(each, account.began, redaction) for each in account.transcript]
        told["log"] = "\n".join(redaction.cut(log, start=True, end=True) for log in account.logs)
        broken = [text for text, status in account.steps if status == "failed"]
        told |= {"step": redaction.text(broken[0])} if broken else {}
    return told


def _reason(reason: str, redaction: Redaction) -> str:
    """``reason`` as far as anybody reads it: a subject may have said any amount that is in it."""
    text = redaction.text(reason)
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]} … (cut)"


def _exchange(exchange: Exchange, began: float, redaction: Redaction) -> dict[str, Any]:
    told: dict[str, Any] = {
        "at": round(max(0.0, exchange.at - began), 4),
        "from": exchange.sender,
        "to": "subject" if exchange.sender == "judge" else "judge",
        "method": exchange.method,
        "target": redaction.text(exchange.target),
        "headers": redaction.headers(exchange.headers),
        "body": _body(exchange.body, redaction),
        "status": exchange.status,
        "answer_headers": redaction.headers(exchange.answer_headers),
        "answer_body": _body(bytes(exchange.answer_body), redaction),
        "seconds": round(exchange.seconds, 4),
    }
    if exchange.error:
        told["error"] = redaction.text(exchange.error)
    if exchange.sender == "judge" and (curl := curl_of(exchange, redaction)):
        told["curl"] = curl
    return told


def _body(body: bytes, redaction: Redaction) -> str:
    is_cut = len(body) >= LONGEST_BODY
    text = redaction.cut(body.decode("utf-8", "backslashreplace"), end=is_cut)
    return f"{text} … (cut)" if is_cut else text


def coverage(entries: Collection[Entry], templates: Collection[str]) -> list[dict[str, Any]]:
    """How often which call was answered with which status, by the paths of ``templates``."""
    patterns = [(re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), path) for path in templates]
    counted: Counter[tuple[str, str, int]] = Counter()
    for entry in entries:
        for (method, target, status), count in (entry.account.answers if entry.account else {}).items():
            path = target.partition("?")[0]
            template = next((name for pattern, name in patterns if pattern.fullmatch(path)), _ELSEWHERE)
            counted[template, method, status] += count
    return [
        {"method": method, "path": path, "status": status, "count": count}
        for (path, method, status), count in sorted(counted.items())
    ]


def _paths_of(subject: str) -> Collection[str]:
    return _ORCHESTRATOR_PATHS if subject == "orchestrator" else list(load_document()["paths"])


def _notices(entries: Collection[Entry], redaction: Redaction) -> list[dict[str, Any]]:
    gathered: dict[tuple[str, str], list[str]] = {}
    for entry, notice in _noticed(entries):
        gathered.setdefault((notice.requirement, redaction.text(notice.text)), []).append(entry.scenario_id)
    return [{"requirement": name, "text": text, "scenarios": ids} for (name, text), ids in sorted(gathered.items())]


def _noticed(entries: Collection[Entry]) -> Iterator[tuple[Entry, Any]]:
    return ((entry, notice) for entry in entries if entry.account for notice in entry.account.notices)
