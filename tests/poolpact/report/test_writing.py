"""The three files."""

import json
import os
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from poolpact.report import writing
from poolpact.report.document import InvalidReport, read_report
from poolpact.report.writing import CannotWrite, write_reports
from tests.poolpact.report.documents import document, every_verdict, requirement, scenario


def test_the_folder_is_made_and_holds_three_files(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "report"
    write_reports(every_verdict(), folder)
    assert sorted(each.name for each in folder.iterdir()) == ["conformance.json", "index.html", "junit.xml"]
    assert read_report(folder / "conformance.json") == every_verdict()
    assert parse(folder / "junit.xml").getroot().tag == "testsuites"
    assert (folder / "index.html").read_text().startswith("<!doctype html>")


def test_the_same_report_is_the_same_bytes_whatever_the_order_of_its_members(tmp_path: Path) -> None:
    write_reports(every_verdict(), tmp_path / "one")
    write_reports(dict(reversed(every_verdict().items())), tmp_path / "two")
    for name in ("conformance.json", "index.html", "junit.xml"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_older_report_is_replaced(tmp_path: Path) -> None:
    write_reports(document([requirement("PM-A-1")]), tmp_path)
    write_reports(every_verdict(), tmp_path)
    assert len(read_report(tmp_path / "conformance.json")["requirements"]) == 9


def test_text_that_is_no_unicode_is_written_and_read_back(tmp_path: Path) -> None:
    odd = document([requirement("PM-A-1", "failed")], [scenario("PM-A-1", 1, "failed", log="half \ud800 of \x00 it")])
    write_reports(odd, tmp_path)
    assert read_report(tmp_path / "conformance.json") == odd
    for name in ("index.html", "junit.xml"):
        assert "half \\ud800 of \\x00 it" in (tmp_path / name).read_text(encoding="utf-8")


def test_files_can_be_read_as_the_umask_says(tmp_path: Path) -> None:
    write_reports(every_verdict(), tmp_path)
    mask = os.umask(0o022)
    os.umask(mask)
    assert (tmp_path / "index.html").stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_report_that_is_none_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidReport):
        write_reports(every_verdict() | {"verdict": "fine"}, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_folder_that_cannot_be_made_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "nul\0l"):
        with pytest.raises(CannotWrite) as caught:
            write_reports(every_verdict(), folder)
        assert "\n" not in str(caught.value)
        assert "cannot be written" in str(caught.value)


def test_a_file_that_cannot_be_replaced_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / writing.JUNIT / "in the way").mkdir(parents=True)
    with pytest.raises(CannotWrite):
        write_reports(every_verdict(), tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["conformance.json", "junit.xml"]
    json.loads((tmp_path / writing.REPORT).read_text())
