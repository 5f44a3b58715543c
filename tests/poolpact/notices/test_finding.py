import json
from dataclasses import replace
from typing import Any

import pytest

from poolpact.account import Exchange
from poolpact.faults.journal import Arrival, Chapter, Outage, Question
from poolpact.notices.facts import Facts, LeftTask, Subject
from poolpact.notices.finding import notices_of
from poolpact.notices.notice import Notice

LINE, OTHER_LINE, BYSTANDER = "http://127.0.0.1:1000", "http://127.0.0.1:2000", "http://localhost:3000"
TOKEN = "a-very-secret-token"
STATUS, LEASES = "/pools/p/status", "/pools/p/leases"


def question(
    method: str = "GET", target: str = STATUS, at: float = 0.0, fault: str = "", elsewhere: bool = False, **members: Any
) -> Question:
    usual: dict[str, Any] = {"url": LINE, "headers": {}, "body": b"", "seconds": 0.01, "status": 200}
    return Question(Exchange(at=at, sender="subject", method=method, target=target, **usual | members), 1, fault, elsewhere)


def facts(*subjects: Subject, tasks: int = 0, **members: Any) -> Facts:
    left = tuple(LeftTask("p", 0.0) for _ in range(tasks))
    return Facts(subjects or (Subject(LINE),), subjects or (Subject(LINE),), left, **members)


def found(*questions: Question, known: Facts | None = None, **members: Any) -> list[tuple[str, bool]]:
    notices = notices_of(Chapter(0.0, 100.0, questions, **members), known or facts())
    assert not [notice for notice in notices if TOKEN in notice.text]
    return [(notice.requirement, notice.accuses) for notice in notices]


# --- what is right ------------------------------------------------------------------------------------------------


def test_nothing_is_noticed_of_what_is_right() -> None:
    authorised = {"authorization": f"Bearer {TOKEN}"}
    asked = [
        question(headers=authorised),
        question(target="/health"),
        question("HEAD", headers=authorised),
        question("POST", LEASES, status=201, headers=authorised),
        question("PUT", f"{LEASES}/1", headers=authorised),
        question("DELETE", f"{LEASES}/1", status=204, headers=authorised),
    ]
    assert found(*asked, known=facts(Subject(LINE, TOKEN), tasks=1)) == []


# --- methods ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "QUERY"])
def test_a_status_is_read(method: str) -> None:
    assert found(question(method)) == [("OR-REQ-1", True)]
    assert found(question(method, f"{STATUS}?full=1")) == [("OR-REQ-1", True)]
    assert found(question(method, "/health")) == [("OR-REQ-1", False)]


def test_a_bystander_is_no_pool_manager() -> None:
    assert found(question("POST", url=BYSTANDER, elsewhere=True)) == []


# --- tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [None, "Basic dXNlcg==", "Bearer another", f"Token {TOKEN}", TOKEN])
def test_the_configured_token_goes_along(sent: str | None) -> None:
    headers = {} if sent is None else {"authorization": sent}
    assert found(question(headers=headers), known=facts(Subject(LINE, TOKEN))) == [("OR-REQ-2", True)]


def test_the_name_of_the_scheme_may_be_written_in_any_case() -> None:
    assert found(question(headers={"authorization": f"bearer {TOKEN}"}), known=facts(Subject(LINE, TOKEN))) == []


def test_of_who_has_no_token_none_is_expected() -> None:
    both = facts(Subject(LINE, TOKEN), Subject(LINE))
    assert found(question(), known=both) == []
    assert found(question(), known=facts(Subject(LINE, TOKEN), subjects_heed_settings=False)) == []
    assert found(question(url=OTHER_LINE), known=facts(Subject(LINE, TOKEN))) == []


def test_each_of_two_may_have_a_token_of_its_own() -> None:
    known = facts(Subject(LINE, TOKEN), Subject(LINE, "another-token"))
    assert (
        found(*(question(headers={"authorization": f"Bearer {token}"}) for token in (TOKEN, "another-token")), known=known) == []
    )


@pytest.mark.parametrize(
    "where", [{"headers": {"authorization": f"Bearer {TOKEN}"}}, {"body": TOKEN.encode()}, {"target": f"/?token={TOKEN}"}]
)
def test_a_token_goes_nowhere_else(where: dict[str, Any]) -> None:
    known = facts(Subject(LINE, TOKEN), Subject(OTHER_LINE))
    assert found(question(url=BYSTANDER, elsewhere=True, **where), known=known) == [("OR-REQ-2", True)]
    assert found(question(url=OTHER_LINE, **where), known=known) == [("OR-REQ-2", True)]


def test_a_redirect_that_is_followed_with_the_token_is_called_that() -> None:
    authorised = {"authorization": f"Bearer {TOKEN}"}
    told = question(headers=authorised, status=307, answer_headers={"location": f"{BYSTANDER}{STATUS}"})
    followed = question(url=BYSTANDER, at=0.1, elsewhere=True, headers=authorised)
    [notice] = notices_of(Chapter(0.0, 1.0, (told, followed)), facts(Subject(LINE, TOKEN)))
    assert notice == Notice("OR-REQ-2", f"a redirect was followed with the token: GET at {BYSTANDER} after a 307", accuses=True)


def test_a_redirect_may_be_followed_without_the_token() -> None:
    assert found(question(url=BYSTANDER, elsewhere=True), known=facts(Subject(LINE, TOKEN))) == []


# --- leases -------------------------------------------------------------------------------------------------------


def lease(at: float, status: int | None = 201, key: str | None = None) -> Question:
    return question("POST", LEASES, at, status=status, headers={} if key is None else {"idempotency-key": key})


@pytest.mark.parametrize("lost", [None, 500, 503])
def test_a_lease_whose_answer_was_lost_is_not_asked_for_again(lost: int | None) -> None:
    assert found(lease(0, lost), lease(1), known=facts(tasks=1)) == [("OR-RETRY-1", True)]
    assert found(lease(0, lost, "a"), lease(1, 201, "b"), known=facts(tasks=1)) == [("OR-RETRY-1", True)]


@pytest.mark.parametrize(
    ("asked", "tasks"),
    [
        ([lease(0, None), lease(1)], 2),
        ([lease(0, None, "a"), lease(1, 201, "a")], 1),
        ([lease(0, 429), lease(1)], 1),
        ([lease(0, 409), lease(1, None)], 1),
        ([lease(0, None)], 0),
        ([lease(0), lease(1)], 0),
        ([lease(0), question("PUT", f"{LEASES}/1", 0.5, status=410), lease(1, None)], 1),
        ([lease(0, None), lease(1), lease(2)], 3),
        ([lease(0, None), question("POST", "/pools/q/leases", 1)], 1),
    ],
)
def test_a_lease_may_be_asked_for(asked: list[Question], tasks: int) -> None:
    elsewhere = LeftTask("q", 0.0)
    known = facts(tasks=tasks)
    assert found(*asked, known=replace(known, tasks=(*known.tasks, elsewhere))) == []


# --- deadlines ----------------------------------------------------------------------------------------------------


def test_who_waits_long_after_the_deadline_is_noticed_and_not_accused() -> None:
    known = facts(Subject(LINE, deadline=0.3))
    assert found(question(status=None, fault="Stall", seconds=1.5), known=known) == [("OR-DEG-2", False)]
    assert found(question(status=None, fault="Stall", seconds=0.5), known=known) == []


def test_the_longest_deadline_counts_and_only_where_no_answer_comes_on_purpose() -> None:
    long = question(status=None, fault="Stall", seconds=1.5)
    assert found(long, known=facts(Subject(LINE, deadline=0.3), Subject(LINE, deadline=2.0))) == []
    assert found(long, known=facts(Subject(LINE, deadline=0.3), subjects_heed_settings=False)) == []
    assert found(question(fault="Stall", seconds=1.5), known=facts(Subject(LINE, deadline=0.3))) == []
    assert found(question(status=None, seconds=1.5), known=facts(Subject(LINE, deadline=0.3))) == []


# --- storms -------------------------------------------------------------------------------------------------------


def connections(count: int, url: str = LINE) -> tuple[Arrival, ...]:
    return tuple(Arrival(url, 10 + number / count) for number in range(count))


def storm(count: int, *subjects: Subject, fault: str = "Reset", url: str = LINE) -> list[tuple[str, bool]]:
    outages = (Outage(LINE, fault, 10.0, 12.0),)
    return found(known=facts(*subjects), arrivals=connections(count, url), outages=outages)


def test_a_pool_manager_that_is_down_is_met_by_five_connections_a_second() -> None:
    assert storm(5) == []
    assert storm(6) == [("OR-RETRY-2", True)]
    assert storm(6, url=OTHER_LINE) == []
    assert storm(6, fault="Drip") == []


def test_where_it_may_be_argued_whether_it_is_down_nobody_is_accused() -> None:
    assert storm(6, fault="HangUp") == [("OR-RETRY-2", False)]


def test_each_orchestrator_may_come_so_often() -> None:
    two = (Subject(LINE, deadline=1.0), Subject(LINE))
    assert storm(10, *two) == []
    assert storm(11, *two) == [("OR-RETRY-2", True)]


def test_others_of_the_run_may_be_the_ones_who_come() -> None:
    known = replace(facts(), all_subjects=(Subject(LINE), Subject(LINE, deadline=1.0)))
    outages = (Outage(LINE, "Reset", 10.0, 12.0),)
    assert found(known=known, arrivals=connections(6), outages=outages) == [("OR-RETRY-2", False)]


def test_what_was_before_the_outage_is_no_storm() -> None:
    assert found(known=facts(), arrivals=connections(50), outages=(Outage(LINE, "Reset", 11.0, 12.0),)) == []


# --- in words -----------------------------------------------------------------------------------------------------


def test_a_notice_is_one_sentence() -> None:
    [notice] = notices_of(Chapter(0.0, 1.0, (question("POST"), question("PUT"))), facts())
    assert notice.text == f"what is only read was asked for with another method: POST {STATUS}, and 1 more"
    assert "\n" not in json.dumps(notice.text)
