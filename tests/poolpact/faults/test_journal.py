import asyncio
from collections.abc import Awaitable, Callable

import pytest

from poolpact.exchange import ExchangeFailed, over_socket
from poolpact.faults import FaultProxy, Reply, Request
from poolpact.faults.bystander import Bystander
from poolpact.faults.faults import Redirect, Reset, Stall, Truncate
from poolpact.faults.journal import Journal
from poolpact.faults.lines import Lines
from poolpact.faults.troubles import asks_for_a_lease

TARGET = "/pools/p/status"


async def upstream(request: Request) -> Reply:
    return Reply.of_json(200, {"asked": request.target}, x_more="yes")


def with_line(scenario: Callable[[FaultProxy], Awaitable[None]]) -> None:
    async def run() -> None:
        lines = Lines()
        async with asyncio.timeout(20):
            line = await lines.to("http://127.0.0.1:1", upstream)
            assert line.journal is lines.journal
            try:
                await scenario(line)
            finally:
                await lines.aclose()

    asyncio.run(run())


def test_a_question_and_its_answer_are_kept_whatever_is_forgotten() -> None:
    async def scenario(line: FaultProxy) -> None:
        await over_socket(line.url, "POST", TARGET, {"X-Sent": "1"}, b"body")
        line.forget()
        chapter = line.journal.since(0.0)
        [exchange] = chapter.exchanges
        assert (exchange.sender, exchange.url, exchange.method, exchange.target) == ("subject", line.url, "POST", TARGET)
        assert (exchange.headers["x-sent"], exchange.body, exchange.status, exchange.error) == ("1", b"body", 200, "")
        assert exchange.answer_headers["x-more"] == "yes"
        assert b"asked" in exchange.answer_body
        assert [arrival.url for arrival in chapter.arrivals] == [line.url]
        assert line.journal.since(chapter.ended).exchanges == ()

    with_line(scenario)


def test_where_no_answer_came_it_says_so_and_how_long_the_peer_stayed() -> None:
    async def scenario(line: FaultProxy) -> None:
        await line.misbehave(Stall())
        asked = asyncio.create_task(over_socket(line.url, "GET", TARGET, {}, None))
        await asyncio.wait({asked}, timeout=0.05)
        [waiting] = line.journal.since(0.0).questions
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        [question] = line.journal.since(0.0).questions
        assert (question.exchange.status, question.fault) == (None, "Stall")
        assert "Stall" in question.exchange.error
        assert question.exchange.seconds >= waiting.exchange.seconds

    with_line(scenario)


def test_an_answer_that_was_cut_off_is_none() -> None:
    async def scenario(line: FaultProxy) -> None:
        await line.misbehave(Truncate())
        with pytest.raises(ExchangeFailed):
            await over_socket(line.url, "GET", TARGET, {}, None)
        assert [(question.exchange.status, question.fault) for question in line.journal.since(0.0).questions] == [
            (None, "Truncate")
        ]

    with_line(scenario)


def test_outages_begin_and_end() -> None:
    async def scenario(line: FaultProxy) -> None:
        await line.misbehave(Reset())
        with pytest.raises(ExchangeFailed):
            await over_socket(line.url, "GET", TARGET, {}, None)
        [under_way] = line.journal.since(0.0).outages
        await line.behave()
        [outage] = line.journal.since(0.0).outages
        assert (outage.url, outage.fault, outage.began) == (line.url, "Reset", under_way.began)
        assert outage.ended >= under_way.began
        assert not line.journal.since(outage.ended + 1).outages

    with_line(scenario)


def test_what_happens_to_some_requests_alone_is_no_outage() -> None:
    async def scenario(line: FaultProxy) -> None:
        await line.misbehave(Reset(), asks_for_a_lease)
        assert not line.journal.since(0.0).outages
        await over_socket(line.url, "GET", TARGET, {}, None)
        assert [question.fault for question in line.journal.since(0.0).questions] == [""]

    with_line(scenario)


def test_what_a_bystander_hears_is_noted_as_said_elsewhere() -> None:
    async def scenario(line: FaultProxy) -> None:
        bystander = Bystander(line.journal)
        await bystander.start()
        await line.misbehave(Redirect(bystander.url))
        answer = await over_socket(line.url, "GET", TARGET, {}, None)
        await over_socket(bystander.url, "GET", TARGET, {"authorization": "Bearer t"}, None)
        await over_socket(bystander.url, "GET", "/", {"authorization": "Bearer t"}, None)
        await bystander.close()
        told, *heard = line.journal.since(0.0).questions
        assert told.exchange.answer_headers["location"] == answer.headers["location"] == f"{bystander.url}{TARGET}"
        assert [(question.elsewhere, question.exchange.url, question.exchange.status) for question in heard] == [
            (True, bystander.url, 200),
            (True, bystander.url, 200),
        ]

    with_line(scenario)


def test_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolpact.faults.journal.MOST_KEPT", 3)
    journal = Journal()
    for number in range(5):
        journal.ask("http://x", Request("GET", f"/{number}", (), b"", 1, float(number)))
    assert [exchange.target for exchange in journal.since(0.0).exchanges] == ["/2", "/3", "/4"]
    assert [exchange.target for exchange in journal.since(4.0).exchanges] == ["/4"]
