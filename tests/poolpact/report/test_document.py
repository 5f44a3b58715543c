"""Reading and holding a report against its schema."""

import json
from pathlib import Path
from typing import Any

import pytest

from poolpact.report.document import InvalidReport, check_report, read_report
from tests.poolpact.report.documents import every_verdict


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conformance.json"


def test_a_report_is_read_as_it_was_written(path: Path) -> None:
    path.write_text(json.dumps(every_verdict()))
    assert read_report(path) == every_verdict()


NO_REPORTS = {
    "empty": b"",
    "no JSON": b"# A report",
    "binary": b"\xff\xfe\x00\x01",
    "a number that is none": b'{"seconds": NaN}',
    "a number without end": b"9" * 5000,
    "nested without end": b"[" * 100_000,
    "a list": b"[]",
    "another JSON": b'{"openapi": "3.1.0"}',
    "a text": b'"conformance"',
}


@pytest.mark.parametrize("case", NO_REPORTS)
def test_what_is_no_report_is_named_in_one_line(case: str, path: Path) -> None:
    path.write_bytes(NO_REPORTS[case])
    with pytest.raises(InvalidReport) as caught:
        read_report(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message) < 500


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(InvalidReport, match=r"conformance\.json: No such file"):
        read_report(path)
    with pytest.raises(InvalidReport, match="Is a directory"):
        read_report(path.parent)


BROKEN: dict[str, tuple[Any, str]] = {
    "another version of the schema": (lambda d: d.update(schema_version=2), "/schema_version"),
    "no verdict": (lambda d: d.pop("verdict"), "'verdict' is a required property"),
    "a verdict of its own": (lambda d: d["requirements"][3].update(verdict="fine"), "/requirements/3/verdict"),
    "no date": (lambda d: d.update(started_at="yesterday"), "/started_at"),
    "a date without a zone": (lambda d: d.update(started_at="2026-11-25T01:02:03"), "/started_at"),
    "negative seconds": (lambda d: d.update(seconds=-1), "/seconds"),
    "endless seconds": (lambda d: d.update(seconds=float("inf")), "cannot be written as JSON"),
    "bytes": (lambda d: d["requirements"][0].update(extra=b"bytes"), "cannot be written as JSON"),
    "a requirement twice": (lambda d: d["requirements"].append(d["requirements"][0]), "PM-STATUS-1 is there twice"),
    "a scenario twice": (lambda d: d["scenarios"].append(d["scenarios"][0]), "scenario-1 is there twice"),
    "a scenario of nothing": (lambda d: d["scenarios"][0].update(requirement="PM-NONE-1"), "PM-NONE-1, which is not there"),
    "a scenario of another": (lambda d: d["requirements"][1]["scenarios"].append("PM-STATUS-1/scenario-1"), "not one of its own"),
    "wrong counts": (lambda d: d["counts"].update(passed=7), "7 requirements are counted as passed, and 1 are"),
    "another exit code": (lambda d: d.update(exit_code=0), "the exit code 0"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_report_is_refused_with_the_place(case: str) -> None:
    document = every_verdict()
    edit, expected = BROKEN[case]
    edit(document)
    with pytest.raises(InvalidReport) as caught:
        check_report(document)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_report_nested_without_end_is_refused() -> None:
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(InvalidReport, match="nested too deeply"):
        check_report(every_verdict() | {"extra": nested})
