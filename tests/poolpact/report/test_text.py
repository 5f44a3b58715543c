"""Lines for a terminal."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from poolpact.report.text import LONGEST_LINE, MOST_LOG, explain, explain_in_colour, summarise, summarise_in_colour
from tests.poolpact.report.documents import document, every_verdict, exchange, requirement, scenario, unanswered


def test_a_failure_is_explained() -> None:
    told = every_verdict()
    failed = next(each for each in told["scenarios"] if each["requirement"] == "PM-READY-1")
    body = '{"pool_id":"gpu-0","live":false,"ready":true,"active_leases":0,"slots_total":2,"slots_free":2}'
    assert explain(told, failed) == [
        "FAILED PM-READY-1 (MUST): What PM-READY-1 says holds.",
        "    features/daemon/topic.feature:10  Scenario 1 of PM-READY-1",
        '    step: Then pool "gpu-0" is not ready',
        "    expected ready to be false",
        "    actual ready is true",
        "    transcript, 2 exchanges:",
        "      +0.100 s  judge → subject  POST /pools/gpu-0/preload  202  12 ms",
        "          sent  {}",
        f"          got   {body}",
        "      +0.250 s  judge → subject  GET /pools/gpu-0/status  200  12 ms",
        f"          got   {body}",
        "    the last request again:",
        "      curl -sS -H 'Authorization: Bearer <redacted>' http://127.0.0.1:9200/pools/gpu-0/status",
        "    the end of the subject's log:",
        "      loading",
        "      ready",
        "    this scenario again: poolpact check daemon --url http://127.0.0.1:9200 --replay PM-READY-1/scenario-1",
    ]


def test_an_answer_that_never_came_is_told_with_its_cause() -> None:
    asked = unanswered(**{"from": "subject", "to": "judge"})
    silent = scenario("PM-A-1", 1, "not_exercised", step="Given a pool", transcript=[asked])
    lines = explain(document([requirement("PM-A-1", "not_exercised")], [silent]), silent)
    assert lines[0].startswith("NOT EXERCISED PM-A-1 (MUST)")
    assert "      +0.250 s  subject → judge  GET /pools/gpu-0/status  no answer  15000 ms" in lines
    assert "          why   no answer within 15 s" in lines


def test_what_was_asked_over_and_over_is_told_once() -> None:
    polled = [exchange(at=0.1 * each, answer_body="loading") for each in range(200)]
    failed = scenario("PM-A-1", 1, "failed", transcript=[*polled, exchange(at=20.5, answer_body="ready")])
    lines = explain(document([requirement("PM-A-1", "failed")], [failed]), failed)
    begin = lines.index("    transcript, 2 exchanges:")
    assert lines[begin + 1 : begin + 6] == [
        "      +0.000 s  judge → subject  GET /pools/gpu-0/status  200  12 ms",
        "          got   loading",
        "          again 199 times, until +19.900 s",
        "      +20.500 s  judge → subject  GET /pools/gpu-0/status  200  12 ms",
        "          got   ready",
    ]


def test_an_explanation_is_bounded() -> None:
    flood = scenario(
        "PM-A-1",
        1,
        "failed",
        reason="mismatch\n" * 5000,
        log="".join(f"line {number}\n" for number in range(5000)),
        transcript=[exchange(answer_body=f"{number}" * 30_000, curl="curl") for number in range(400)],
    )
    lines = explain(document([requirement("PM-A-1", "failed")], [flood]), flood)
    assert len(lines) < 150
    assert max(map(len, lines)) <= LONGEST_LINE + 20
    assert "      … 380 exchanges …" in lines
    assert "    … 4960 more lines" in lines
    assert [line for line in lines if line.startswith("      line ")] == [f"      line {number}" for number in range(4980, 5000)]
    assert MOST_LOG == 20


@settings(deadline=None)
@given(st.text(st.characters()))
def test_nothing_that_a_subject_says_steers_the_terminal(text: str) -> None:
    said = f"{text}\x1b[2J"
    hostile = scenario(
        "PM-A-1",
        1,
        "failed",
        name=said,
        reason=said,
        step=said,
        log=said,
        transcript=[exchange(target=said, answer_body=said, body=said, error=said, curl=said)],
    )
    notice = {"requirement": "PM-A-1", "text": said, "scenarios": []}
    told = document(
        [requirement("PM-A-1", "failed"), requirement("PM-A-2", "not_testable", reason=said)],
        [hostile],
        implementation=said,
        version=said,
        notices=[notice],
        known_failures={"file": None, "stale": [said]},
    )
    for line in explain(told, hostile) + summarise(told):
        assert line.isprintable() or not any(ord(each) < 32 or 126 < ord(each) < 160 for each in line.replace("\t", ""))
        assert "\x1b" not in line
        assert "\n" not in line


def test_a_summary_ends_with_the_verdict_in_words() -> None:
    assert summarise(every_verdict()) == [
        "warning PM-STATUS-7 (SHOULD) failed: What PM-STATUS-7 says holds.",
        "known failure PM-READY-2: a slow probe, to be mended in 0.4",
        "not exercised PM-READY-4 (MUST): why it is not exercised",
        "not testable PM-LEASE-4 (MUST): say --setting lease_ttl=30s",
        "not judged PM-AUTH-2 (MUST): needs --command",
        "stale known failure PM-LEASE-9: it passes or does not exist; take it out of the file",
        "notice PM-STATUS-1: a status was answered as text/plain (in 1 scenario)",
        "profile core: 1 passed, 3 failed, 1 harness error, 1 not exercised",
        "profile leases: 1 not testable",
        "profile lifecycle: 1 not claimed",
        "profile auth: 1 not judged",
        "requirements: 1 passed, 3 failed, 1 harness error, 1 not exercised, 1 not testable, 1 not claimed, 1 not judged",
        "not conformant: daemon pool-managerd 0.3.0: 1 MUST failed; 1 requirement ended in a harness error; 2 claimed MUSTs "
        "could not be tested or exercised; 1 known failure is stale; 1 SHOULD failed, which is a warning; "
        "1 known failure is listed; 1 of 7 claimed requirements passed; 25.3 s",
    ]


def test_what_passed_in_part_says_what_would_let_the_rest_run() -> None:
    told = document([requirement("PM-A-1", reason="1 more scenario not run: needs to know the token: --token TOKEN")])
    assert "passed in part PM-A-1 (MUST): 1 more scenario not run: needs to know the token: --token TOKEN" in summarise(told)


def test_colour_changes_no_character_and_reads_no_markup() -> None:
    marked = scenario("PM-A-1", 1, "failed", reason="[bold]not markup[/bold] [link=http://x]y[/link]")
    told = document([requirement("PM-A-1", "failed")], [marked])
    for lines, coloured in (
        (explain(told, marked), explain_in_colour(told, marked)),
        (summarise(told), summarise_in_colour(told)),
    ):
        assert coloured.plain.split("\n") == lines
        for terminal in (True, False):
            output = io.StringIO()
            Console(file=output, force_terminal=terminal, highlight=False, soft_wrap=True, width=500, _environ={}).print(coloured)
            assert ("\x1b[" in output.getvalue()) is terminal
