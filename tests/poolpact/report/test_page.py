"""The page as markup; tests/poolpact/report/test_in_browser.py has what a browser makes of it."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolpact.report.page import OPEN_TRANSCRIPTS, page_of
from poolpact.report.printable import visible
from tests.poolpact.report.documents import HOSTILE, crowd, document, every_verdict, everything_says, requirement, scenario

VOID = {"meta", "link", "input", "br"}


class Reader(HTMLParser):
    """The tags, attributes and text of a page; asserts that every tag is closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(told: dict[str, Any]) -> Reader:
    return Reader(page_of(told))


def test_all_that_was_found_is_there() -> None:
    text = " ".join(" ".join(read(every_verdict()).text).split())
    for said in (
        "Not conformant",
        "pool-managerd",
        "0.3.0",
        "http://127.0.0.1:9200",
        "25 November 2026, 01:02:03 UTC",
        "Without PM-READY-1 work is lost.",
        "features/daemon/topic.feature:10",
        "expected ready to be false actual ready is true",
        'Then pool "gpu-0" is not ready',
        "judge → subject",
        "no answer within 15 s",
        "loading ready",
        "a slow probe, to be mended in 0.4",
        "say --setting lease_ttl=30s",
        "Not judged: needs --command",
        "PM-LEASE-9",
        "a status was answered as text/plain",
        "/pools/{pool_id}/preload",
        "--replay PM-STATUS-1/scenario-2",
    ):
        assert said in text, said


def test_it_asks_nothing_of_any_network() -> None:
    page = read(every_verdict())
    assert not {"img", "iframe", "object", "embed", "video", "audio", "base"} & set(page.tags)
    links = {value for tag, name, value in page.attributes if name in ("src", "href", "srcset", "action", "data")}
    assert {link for link in links if not link.startswith("#")} == {"data:,"}
    assert "url(" not in page_of(every_verdict())
    assert "@import" not in page_of(every_verdict())


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_subject_says_is_text(text: str) -> None:
    plain, hostile = read(everything_says("plain")), read(everything_says(text))
    assert hostile.tags == plain.tags
    assert [(tag, name) for tag, name, _ in hostile.attributes] == [(tag, name) for tag, name, _ in plain.attributes]
    assert sum(text in said for said in hostile.text) >= 20


@settings(deadline=None, max_examples=30)
@given(st.text(st.characters(), min_size=1).filter(lambda text: text.strip("\n\t\r ") != ""))
def test_whatever_a_subject_says_the_markup_is_the_same(text: str) -> None:
    plain, hostile = read(everything_says("plain")), read(everything_says(text))
    assert hostile.tags == plain.tags
    assert visible(text) in "".join(hostile.text)


def test_a_requirement_without_a_scenario_that_failed_says_why() -> None:
    told = document([requirement("PM-A-1", "failed", reason="claimed, and skipped")], [scenario("PM-A-1")])
    assert page_of(told).count("claimed, and skipped") == 2


def test_what_went_wrong_with_the_judge_is_there() -> None:
    told = document([requirement("PM-A-1")], [scenario("PM-A-1")], verdict="could not judge", complaints=["a worker was <lost>"])
    page = read(told)
    assert "a worker was <lost>" in page.text
    assert ("a", "href", "#complaints") in page.attributes
    assert "1 complaint about the judge; 1 of 1 claimed requirement passed." in page.text
    assert "#complaints" not in page_of(document([requirement("PM-A-1")], [scenario("PM-A-1")], complaints=[]))


def test_members_that_may_be_missing_may_be_missing() -> None:
    least = document([requirement("PM-A-1", "failed")], [scenario("PM-A-1", 1, "failed")], version=None)
    for member in ("target", "replay"):
        del least[member]
    for member in ("why", "known"):
        del least["requirements"][0][member]
    for member in ("step", "steps", "transcript", "log"):
        del least["scenarios"][0][member]
    assert "expected ready to be false" in page_of(least)
    nothing = document([], coverage=[], profiles=[])
    assert "No scenario ran." in page_of(nothing)


def test_transcripts_are_open_while_they_are_few() -> None:
    assert page_of(crowd(OPEN_TRANSCRIPTS)).count('class="transcript" open') == OPEN_TRANSCRIPTS
    assert page_of(crowd(OPEN_TRANSCRIPTS + 1)).count('class="transcript" open') == 0
