"""The report as JUnit XML, for what shows test results in CI: a suite a requirement, a case a scenario."""

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from poolpact.report.document import Document
from poolpact.report.findings import VERDICTS, is_known, outcome_in_words, replay_of, scenarios_of
from poolpact.report.printable import one_line, visible

_LONGEST_MESSAGE = 500
_RED = {"failed": "failure", "harness_error": "error"}


def junit_of(document: Document) -> str:
    """The XML.

    A known failure is skipped, as it is expected; one that is stale is a failure of the suite ``known failures``, and what went
    wrong with the judge itself an error of the suite ``the judge``. What was noticed is in the output of its requirement's suite.
    """
    root = Element("testsuites", name=f"poolpact check {document['subject']}")
    scenarios = scenarios_of(document)
    for requirement in document["requirements"]:
        root.append(_suite_of(document, requirement, scenarios.get(requirement["id"], [])))
    stale = [
        (name, f"{name} is listed as a known failure, but it passes or does not exist")
        for name in document["known_failures"]["stale"]
    ]
    complaints = [(f"complaint {number}", text) for number, text in enumerate(document.get("complaints", ()), 1)]
    for name, tag, kind, cases in (
        ("known failures", "failure", "stale", stale),
        ("the judge", "error", "complaint", complaints),
    ):
        if cases:
            root.append(_suite_besides(document, name, tag, kind, cases))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{document['seconds']:.3f}")
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite_of(document: Document, requirement: dict[str, Any], scenarios: list[dict[str, Any]]) -> Element:
    suite = _begun(document, requirement["id"])
    properties = SubElement(suite, "properties")
    told = {
        "subject": document["subject"],
        "implementation": document["implementation"],
        "version": document["version"] or "",
        "verdict": document["verdict"],
        "outcome": outcome_in_words(document),
        "requirement.verdict": requirement["verdict"] if requirement["counts"] else "not_judged",
        "requirement.level": requirement["level"],
        "requirement.profile": requirement["profile"],
        "requirement.sentence": requirement["sentence"],
        "requirement.reason": requirement["reason"],
    }
    for name, value in told.items():
        SubElement(properties, "property", name=name, value=_attribute(value))
    for scenario in scenarios:
        case = SubElement(
            suite,
            "testcase",
            name=_attribute(scenario["name"]),
            classname=_attribute(f"{requirement['profile']}.{requirement['id']}"),
            time=f"{scenario['seconds']:.3f}",
        )
        _judge(case, requirement, scenario["verdict"], scenario["reason"])
        if scenario["verdict"] != "passed":
            SubElement(case, "system-out").text = _evidence(document, scenario)
    if requirement["verdict"] != "passed" and not any(each["verdict"] == requirement["verdict"] for each in scenarios):
        case = SubElement(
            suite,
            "testcase",
            name="the requirement as a whole",
            classname=_attribute(f"{requirement['profile']}.{requirement['id']}"),
            time="0.000",
        )
        _judge(case, requirement, requirement["verdict"], requirement["reason"])
    if notices := [each["text"] for each in document["notices"] if each["requirement"] == requirement["id"]]:
        SubElement(suite, "system-out").text = visible("\n".join(f"notice: {text}" for text in notices))
    return _ended(suite)


def _suite_besides(document: Document, name: str, tag: str, kind: str, cases: list[tuple[str, str]]) -> Element:
    """A suite of what is red beside the requirements: each case has its name and its text."""
    suite = _begun(document, name)
    for case_name, text in cases:
        case = SubElement(suite, "testcase", name=_attribute(case_name), classname=name, time="0.000")
        _add(case, tag, kind, text)
    return _ended(suite)


def _begun(document: Document, name: str) -> Element:
    started = datetime.fromisoformat(document["started_at"]).astimezone(UTC)
    return Element("testsuite", name=_attribute(name), timestamp=started.strftime("%Y-%m-%dT%H:%M:%S"), hostname="localhost")


def _ended(suite: Element) -> Element:
    """The suite with its counts."""
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    return suite


def _judge(case: Element, requirement: dict[str, Any], verdict: str, reason: str) -> None:
    """Add what became of a case; nothing where it passed."""
    if verdict == "passed":
        return
    said = reason or VERDICTS[verdict]
    if verdict == "failed" and is_known(requirement):
        _add(case, "skipped", None, f"known failure, {requirement['known']}: {said}")
    elif not requirement["counts"]:
        _add(case, "skipped", None, f"not judged: {said}")
    elif verdict in _RED:
        _add(case, _RED[verdict], requirement["level"] if verdict == "failed" else "harness error", said)
    else:
        _add(case, "skipped", None, f"{VERDICTS[verdict]}: {said}")


def _add(case: Element, tag: str, kind: str | None, text: str) -> None:
    element = SubElement(case, tag, message=one_line(text, _LONGEST_MESSAGE))
    if kind is not None:
        element.set("type", kind)
        element.text = visible(text)


def _evidence(document: Document, scenario: dict[str, Any]) -> str:
    replay = replay_of(document, scenario)
    lines = [
        scenario["place"],
        *([f"step: {scenario['step']}"] if scenario.get("step") else []),
        *([f"again: {replay}"] if replay else []),
        *([f"log of the subject:\n{scenario['log']}"] if scenario.get("log") else []),
    ]
    return visible("\n".join(lines))


def _attribute(text: str) -> str:
    return visible(text)
