import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from poolpact.account import LONGEST_BODY, Account, Exchange
from poolpact.judge.document import Run, conformance, coverage
from poolpact.judge.known_failures import KnownFailures
from poolpact.judge.redaction import Redaction
from poolpact.judge.verdicts import judge
from poolpact.ledger import Entry
from poolpact.notices.notice import Notice
from poolpact.report.document import check_report
from poolpact.requirements import load_requirements

EVERY = load_requirements()
TOKEN = "s3cr3t-t0ken"
ASKED = Exchange(
    at=10.5,
    sender="judge",
    url="http://127.0.0.1:9200",
    method="POST",
    target=f"/pools/p/preload?t={TOKEN}",
    headers={"authorization": f"Bearer {TOKEN}", "x-note": TOKEN},
    body=f'{{"token": "{TOKEN}"}}'.encode() + b"\xff",
    seconds=0.25,
    status=202,
    answer_headers={"location": f"/pools/{TOKEN}"},
    answer_body=TOKEN.encode() * 1000,
)
HEARD = replace(ASKED, at=9.0, sender="subject", status=None, error=f"it sent {TOKEN} and hung up", answer_body=b"")
ACCOUNT = Account(
    seconds=1.23456,
    exchanges=1,
    answers={("POST", "/pools/p/preload", 202): 1},
    transcript=(HEARD, ASKED),
    logs=(f"0ken is what was cut\na log with {TOKEN}", f"3t-t0ken of another, and {TOKEN[:5]}"),
    notices=(Notice("PM-READY-1", f"it told {TOKEN}", accuses=False),),
    began=10.0,
    steps=(("Given a daemon", "passed"), (f"Then it says {TOKEN}", "failed"), ("And more", "skipped")),
)
FAILED = Entry(
    "PM-READY-1",
    "/somewhere/features/daemon/x.feature:12 A scenario: of 2",
    "failed",
    f"Then: {TOKEN}",
    "PM-READY-1:a",
    account=ACCOUNT,
)
PASSED = Entry(
    "PM-STATUS-1",
    "features/daemon/y.feature:3 Another",
    "passed",
    "",
    "PM-STATUS-1:b",
    account=replace(ACCOUNT, steps=(), transcript=()),
)
NOT_RUN = Entry("PM-STATUS-2", "features/daemon/y.feature:9 A third", "not exercised", "why not", "PM-STATUS-2:c", kind="setting")


def document(*entries: Entry) -> dict[str, Any]:
    requirements = [EVERY[name] for name in ("PM-READY-1", "PM-STATUS-1", "PM-STATUS-2", "PM-AUTH-1")]
    known = KnownFailures(None, {"PM-NONE-1": "gone"})
    judgement = judge(requirements, entries, ["core"], known, EVERY, [f"worker 1 said {TOKEN}"])
    run = Run(
        subject="daemon",
        implementation=f"theirs {TOKEN}",
        version=TOKEN,
        target=f"./d --token {TOKEN}",
        mode="live",
        replay=f"poolpact check daemon --command './d --token {TOKEN}' --replay {{id}}",
        started_at=datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC),
        seconds=12.34567,
        known_failures="known.yaml",
    )
    return conformance(run, judgement, Redaction({TOKEN}))


def scenario(made: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in made["scenarios"] if each["id"] == name)
    return found


def test_the_document_keeps_the_schema() -> None:
    check_report(document(FAILED, PASSED, NOT_RUN))
    check_report(document())


def test_no_secret_is_in_it() -> None:
    assert "s3cr3t" not in json.dumps(document(FAILED, PASSED, NOT_RUN))
    assert scenario(document(FAILED), "PM-READY-1:a")["log"] == (
        "(secret) is what was cut\na log with (secret)\n(secret) of another, and (secret)"
    )


def test_each_requirement_has_its_verdict_and_its_scenarios() -> None:
    made = document(FAILED, PASSED, NOT_RUN)
    assert [(each["id"], each["verdict"], each["scenarios"]) for each in made["requirements"]] == [
        ("PM-READY-1", "failed", ["PM-READY-1:a"]),
        ("PM-STATUS-1", "passed", ["PM-STATUS-1:b"]),
        ("PM-STATUS-2", "not_testable", ["PM-STATUS-2:c"]),
        ("PM-AUTH-1", "not_claimed", []),
    ]
    assert made["counts"] == {
        "passed": 1, "failed": 1, "not_claimed": 1, "not_testable": 1, "not_exercised": 0, "harness_error": 0,
    }  # fmt: skip
    assert (made["verdict"], made["exit_code"]) == ("not conformant", 1)
    assert made["known_failures"] == {"file": "known.yaml", "stale": ["PM-NONE-1"]}
    assert made["complaints"] == ["worker 1 said (secret)"]


def test_a_scenario_is_told_from_the_suite_on() -> None:
    told = scenario(document(FAILED), "PM-READY-1:a")
    assert (told["place"], told["name"]) == ("features/daemon/x.feature:12", "A scenario: of 2")
    assert told["step"] == "Then it says (secret)"
    assert told["seconds"] == 1.235
    passed = scenario(document(PASSED), "PM-STATUS-1:b")
    assert not {"steps", "transcript", "log", "step"} & passed.keys()


def test_a_transcript_says_who_asked_whom_and_when() -> None:
    heard, asked = scenario(document(FAILED), "PM-READY-1:a")["transcript"]
    assert (heard["from"], heard["to"], heard["status"], heard["at"]) == ("subject", "judge", None, 0.0)
    assert heard["error"] == "it sent (secret) and hung up"
    assert "curl" not in heard
    assert (asked["from"], asked["to"], asked["status"], asked["at"]) == ("judge", "subject", 202, 0.5)
    assert asked["curl"].startswith("curl -i -X POST ")
    assert asked["headers"] == {"authorization": "Bearer (the token)", "x-note": "(secret)"}
    assert asked["body"] == '{"token": "(secret)"}\\xff'


def test_what_was_cut_says_so() -> None:
    cut = replace(ASKED, answer_body=b"x" * (LONGEST_BODY - 6) + TOKEN.encode()[:6])
    entry = replace(FAILED, account=replace(ACCOUNT, transcript=(cut,)))
    (asked,) = scenario(document(entry), "PM-READY-1:a")["transcript"]
    assert asked["answer_body"].endswith("xxx(secret) … (cut)")


def test_the_same_notice_is_told_once_with_its_scenarios() -> None:
    other = replace(FAILED, scenario_id="PM-READY-1:d")
    assert document(FAILED, other)["notices"] == [
        {"requirement": "PM-READY-1", "text": "it told (secret)", "scenarios": ["PM-READY-1:a", "PM-READY-1:d"]}
    ]


def test_coverage_is_counted_by_template_method_and_status() -> None:
    templates = ["/health", "/pools", "/pools/{pool_id}", "/pools/{pool_id}/status", "/pools/{pool_id}/leases/{lease_id}"]
    answers = {
        ("GET", "/health?x=/pools", 200): 2,
        ("GET", "/pools/a/status", 200): 3,
        ("GET", "/pools/b%2Fc/status", 200): 4,
        ("GET", "/pools/a/status", 404): 1,
        ("DELETE", "/pools/a/leases/1", 204): 1,
        ("DELETE", "/pools/status", 200): 1,
        ("GET", "/pools/a/b/status", 404): 1,
        ("GET", "/healthy", 404): 1,
        ("GET", "/pools//status", 404): 1,
        ("GET", "*", 400): 1,
    }
    entry = replace(PASSED, account=replace(ACCOUNT, answers=answers))
    counted = {(each["method"], each["path"], each["status"]): each["count"] for each in coverage([entry, NOT_RUN], templates)}
    assert counted == {
        ("GET", "/health", 200): 2,
        ("GET", "/pools/{pool_id}/status", 200): 7,
        ("GET", "/pools/{pool_id}/status", 404): 1,
        ("DELETE", "/pools/{pool_id}/leases/{lease_id}", 204): 1,
        ("DELETE", "/pools/{pool_id}", 200): 1,
        ("GET", "(any other path)", 404): 3,
        ("GET", "(any other path)", 400): 1,
    }
