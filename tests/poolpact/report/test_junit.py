"""JUnit XML: its shape, what is red in it, and hostile text."""

from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolpact.report.junit import junit_of
from poolpact.report.printable import visible
from tests.poolpact.report.documents import document, every_verdict, requirement, scenario

CHILDREN = {
    "testsuites": ("testsuite",),
    "testsuite": ("properties", "testcase", "system-out"),
    "properties": ("property",),
    "property": (),
    "testcase": ("skipped", "error", "failure", "system-out"),
    "skipped": (),
    "error": (),
    "failure": (),
    "system-out": (),
}
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors", "skipped"},
    "testsuite": {"name", "time", "tests", "failures", "errors", "skipped", "timestamp", "hostname"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "skipped": {"message"},
    "error": {"message", "type"},
    "failure": {"message", "type"},
    "system-out": set(),
}


def parsed(told: dict[str, Any]) -> Element:
    return fromstring(junit_of(told).encode())


def suite(root: Element, name: str) -> Element:
    return next(each for each in root if each.get("name") == name)


def outcomes(element: Element) -> list[str]:
    return [next((child.tag for child in case if child.tag != "system-out"), "passed") for case in element.iter("testcase")]


def test_it_has_the_shape_that_readers_of_junit_know() -> None:
    for element in parsed(every_verdict()).iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag], element.tag
        order = [CHILDREN[element.tag].index(child.tag) for child in element]
        assert order == sorted(order), element.tag


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PM-STATUS-1", ["passed", "passed"]),
        ("PM-READY-1", ["failure"]),
        ("PM-STATUS-7", ["failure"]),
        ("PM-READY-2", ["skipped"]),
        ("PM-READY-3", ["error"]),
        ("PM-READY-4", ["skipped"]),
        ("PM-LEASE-4", ["skipped"]),
        ("PM-DRAIN-1", ["skipped"]),
        ("PM-AUTH-2", ["skipped"]),
        ("known failures", ["failure"]),
    ],
)
def test_a_verdict_is_the_element_that_says_it(name: str, expected: list[str]) -> None:
    assert outcomes(suite(parsed(every_verdict()), name)) == expected


def test_counts_are_those_of_the_cases() -> None:
    root = parsed(every_verdict())
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "11",
        "failures": "3",
        "errors": "1",
        "skipped": "5",
    }


def test_why_it_failed_and_how_to_run_it_again_are_there() -> None:
    case = next(suite(parsed(every_verdict()), "PM-READY-1").iter("testcase"))
    failure, output = case.find("failure"), case.find("system-out")
    assert failure is not None
    assert failure.get("type") == "MUST"
    assert failure.text == "expected ready to be false\nactual ready is true"
    assert output is not None
    assert output.text is not None
    assert "features/daemon/topic.feature:10" in output.text
    assert "--replay PM-READY-1/scenario-1" in output.text


def test_skips_say_what_kind_they_are() -> None:
    root = parsed(every_verdict())
    messages = {
        name: next(suite(root, name).iter("skipped")).get("message") for name in ("PM-READY-2", "PM-LEASE-4", "PM-AUTH-2")
    }
    assert messages == {
        "PM-READY-2": "known failure, a slow probe, to be mended in 0.4: expected ready to be false actual ready is true",
        "PM-LEASE-4": "not testable: why it is not testable",
        "PM-AUTH-2": "not judged: needs --command",
    }


def test_a_requirement_that_failed_as_a_whole_is_red() -> None:
    claimed = document([requirement("PM-A-1", "failed", reason="claimed, and skipped")], [scenario("PM-A-1")])
    assert outcomes(suite(parsed(claimed), "PM-A-1")) == ["passed", "failure"]


def test_what_was_noticed_is_in_the_output_of_its_requirement() -> None:
    notices = [{"requirement": "PM-A-1", "text": f"it did {what}\x1b", "scenarios": []} for what in ("this", "that")]
    told = document([requirement("PM-A-1"), requirement("PM-A-2")], [scenario("PM-A-1"), scenario("PM-A-2")], notices=notices)
    root = parsed(told)
    assert suite(root, "PM-A-1").findtext("system-out") == "notice: it did this\\x1b\nnotice: it did that\\x1b"
    assert suite(root, "PM-A-2").find("system-out") is None


def test_what_went_wrong_with_the_judge_is_an_error() -> None:
    told = document([requirement("PM-A-1")], [scenario("PM-A-1")], verdict="could not judge", complaints=["a worker\x1b", "two"])
    root = parsed(told)
    assert outcomes(suite(root, "the judge")) == ["error", "error"]
    assert [each.text for each in root.iter("error")] == ["a worker\\x1b", "two"]
    assert (root.get("errors"), root.get("tests")) == ("2", "3")


def test_who_was_judged_is_in_the_properties() -> None:
    properties = {each.get("name"): each.get("value") for each in suite(parsed(every_verdict()), "PM-READY-1").iter("property")}
    assert properties["subject"] == "daemon"
    assert properties["version"] == "0.3.0"
    assert properties["verdict"] == "not conformant"


@settings(deadline=None)
@given(st.text(st.characters()))
def test_whatever_a_subject_says_it_parses_back(text: str) -> None:
    hostile = scenario("PM-A-1", 1, "failed", reason=f"got {text}", log=text, step=text, name=text)
    told = document([requirement("PM-A-1", "failed")], [hostile], implementation=text)
    root = parsed(told)
    failure = next(root.iter("failure"))
    assert failure.text == visible(f"got {text}")
    assert next(root.iter("testcase")).get("name") == visible(text)
