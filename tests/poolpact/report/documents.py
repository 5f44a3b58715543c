"""Conformance documents made by hand; each keeps the schema."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from poolpact.report.document import check_report
from poolpact.report.findings import VERDICTS

EXIT_CODES = {"conformant": 0, "not conformant": 1, "incomplete": 1, "could not judge": 2}
STATUS = '{"pool_id":"gpu-0","live":false,"ready":true,"active_leases":0,"slots_total":2,"slots_free":2}'

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "{{ 7 * 7 }}{% include 'page.js' %}",
    "<!-- --><![CDATA[ ]]>",
    "&lt;b&gt; &#x3c;b&#x3e;",
    "javascript:alert(1)",
)
"""What a subject may say that would be more than text in a careless page; ``alert(1)`` stands for any script."""


def exchange(**members: Any) -> dict[str, Any]:
    """A question of the judge and its answer."""
    return {
        "at": 0.25,
        "from": "judge",
        "to": "subject",
        "method": "GET",
        "target": "/pools/gpu-0/status",
        "headers": {"host": "127.0.0.1:9200", "authorization": "Bearer <redacted>"},
        "status": 200,
        "answer_headers": {"content-type": "application/json"},
        "answer_body": STATUS,
        "seconds": 0.0123,
        "curl": "curl -sS -H 'Authorization: Bearer <redacted>' http://127.0.0.1:9200/pools/gpu-0/status",
    } | members


def unanswered(**members: Any) -> dict[str, Any]:
    """A question to which no answer came."""
    silent = exchange(status=None, error="no answer within 15 s", seconds=15.0, **members)
    return {name: value for name, value in silent.items() if not name.startswith("answer_")}


def scenario(requirement: str, number: int = 1, verdict: str = "passed", **members: Any) -> dict[str, Any]:
    """A scenario of a requirement; a failed one has all that explains it."""
    made = {
        "id": f"{requirement}/scenario-{number}",
        "requirement": requirement,
        "name": f"Scenario {number} of {requirement}",
        "place": f"features/daemon/topic.feature:{10 * number}",
        "verdict": verdict,
        "reason": "",
        "seconds": 0.5 * number,
        "exchanges": 2,
    }
    if verdict == "failed":
        made |= {
            "reason": "expected ready to be false\nactual ready is true",
            "step": 'Then pool "gpu-0" is not ready',
            "steps": [
                {"text": 'Given an engine for pool "gpu-0" that never listens', "status": "passed"},
                {"text": 'Then pool "gpu-0" is not ready', "status": "failed"},
                {"text": 'And pool "gpu-0" is live', "status": "skipped"},
            ],
            "transcript": [exchange(at=0.1, method="POST", target="/pools/gpu-0/preload", status=202, body="{}"), exchange()],
            "log": "loading\nready",
        }
    elif verdict != "passed":
        made["reason"] = f"why it is {VERDICTS[verdict]}"
    return made | members


def requirement(name: str, verdict: str = "passed", **members: Any) -> dict[str, Any]:
    """A requirement; its scenarios are filled in by :func:`document`."""
    return {
        "id": name,
        "level": "MUST",
        "profile": "core",
        "sentence": f"What {name} says holds.",
        "why": f"Without {name} work is lost.",
        "verdict": verdict,
        "counts": True,
        "reason": "" if verdict == "passed" else f"why it is {VERDICTS[verdict]}",
        "known": None,
        "scenarios": [],
    } | members


def document(requirements: Sequence[dict[str, Any]], scenarios: Sequence[dict[str, Any]] = (), **members: Any) -> dict[str, Any]:
    """A whole document; its counts and verdict follow from ``requirements`` unless ``members`` say otherwise."""
    owned = [
        each | {"scenarios": [known["id"] for known in scenarios if known["requirement"] == each["id"]]} for each in requirements
    ]
    counts = Counter(each["verdict"] for each in owned)
    red = any(each["verdict"] == "failed" and each["level"] == "MUST" and each["known"] is None for each in owned)
    verdict = members.pop("verdict", "not conformant" if red else "conformant")
    made = {
        "schema_version": 1,
        "subject": "daemon",
        "implementation": "pool-managerd",
        "version": "0.3.0",
        "suite_version": "0.1.0",
        "mode": "live",
        "target": "http://127.0.0.1:9200",
        "profiles": ["core", "leases"],
        "verdict": verdict,
        "exit_code": EXIT_CODES[verdict],
        "started_at": "2026-11-25T01:02:03+00:00",
        "seconds": 25.3,
        "replay": "poolpact check daemon --url http://127.0.0.1:9200 --replay {id}",
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "requirements": owned,
        "scenarios": list(scenarios),
        "known_failures": {"file": None, "stale": []},
        "coverage": [
            {"method": "GET", "path": "/pools/{pool_id}/status", "status": 200, "count": 12},
            {"method": "GET", "path": "/pools/{pool_id}/status", "status": 404, "count": 3},
            {"method": "POST", "path": "/pools/{pool_id}/preload", "status": 202, "count": 5},
        ],
        "notices": [],
    } | members
    check_report(made)
    return made


def every_verdict() -> dict[str, Any]:
    """One requirement of each verdict, a failed SHOULD, a known failure, one not judged, a stale known failure and a notice."""
    requirements = [
        requirement("PM-STATUS-1"),
        requirement("PM-READY-1", "failed"),
        requirement("PM-STATUS-7", "failed", level="SHOULD"),
        requirement("PM-READY-2", "failed", known="a slow probe, to be mended in 0.4"),
        requirement("PM-READY-3", "harness_error"),
        requirement("PM-READY-4", "not_exercised"),
        requirement("PM-LEASE-4", "not_testable", profile="leases", reason="say --setting lease_ttl=30s"),
        requirement("PM-DRAIN-1", "not_claimed", profile="lifecycle"),
        requirement("PM-AUTH-2", "not_testable", profile="auth", counts=False, reason="needs --command"),
    ]
    scenarios = [
        scenario("PM-STATUS-1"),
        scenario("PM-STATUS-1", 2),
        scenario("PM-READY-1", 1, "failed"),
        scenario("PM-STATUS-7", 1, "failed"),
        scenario("PM-READY-2", 1, "failed"),
        scenario("PM-READY-3", 1, "harness_error"),
        scenario("PM-READY-4", 1, "not_exercised", step='Given pool "gpu-0" is ready', transcript=[unanswered()]),
        scenario("PM-LEASE-4", 1, "not_testable"),
    ]
    return document(
        requirements,
        scenarios,
        known_failures={"file": "known.toml", "stale": ["PM-LEASE-9"]},
        notices=[
            {"requirement": "PM-STATUS-1", "text": "a status was answered as text/plain", "scenarios": ["PM-STATUS-1/scenario-1"]}
        ],
    )


def crowd(number: int, verdict: str = "failed", exchanges: int = 12) -> dict[str, Any]:
    """``number`` requirements with a scenario each, all of one verdict, each with a transcript."""
    requirements = [requirement(f"PM-CROWD-{each}", verdict, profile=f"profile-{each % 7}") for each in range(number)]
    transcript = [exchange(at=0.1 * each, target=f"/pools/gpu-{each}/status") for each in range(exchanges)]
    scenarios = [scenario(each["id"], 1, verdict, transcript=transcript, log="a line of the log\n" * 20) for each in requirements]
    return document(requirements, scenarios)


def everything_says(text: str) -> dict[str, Any]:
    """A document in which all that is not the suite's own is ``text``."""
    asked = exchange(
        method=text, target=text, headers={text: text}, body=text, answer_headers={text: text}, answer_body=text, curl=text
    )
    silent = unanswered(target=text) | {"error": text}
    failed = scenario(
        "PM-A-1",
        1,
        "failed",
        id=f"PM-A-1/{text}",
        name=text,
        place=text,
        reason=text,
        step=text,
        steps=[{"text": text, "status": "failed"}],
        transcript=[asked, silent],
        log=text,
    )
    blocked = scenario("PM-A-2", 1, "not_exercised", step=text, reason=text, log=text)
    return document(
        [
            requirement("PM-A-1", "failed", sentence=text, why=text, reason=text, known=text, profile=text),
            requirement("PM-A-2", "not_exercised", reason=text),
        ],
        [failed, blocked],
        implementation=text,
        version=text,
        suite_version=text,
        target=text,
        profiles=[text],
        replay=text + "{id}",
        known_failures={"file": text, "stale": [text]},
        complaints=[text],
        coverage=[{"method": text, "path": text, "status": 200, "count": 1}],
        notices=[{"requirement": text, "text": text, "scenarios": [text]}],
    )
