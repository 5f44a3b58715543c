"""What ``poolpact check`` tells at the end."""

import json
import os
import sys
from pathlib import Path

import pytest

from poolpact.cli.check import MOST_EXPLAINED
from poolpact.cli.main import run
from tests.poolpact.cli.checked import DAEMON, Checked


def test_failures_are_explained_and_the_verdict_is_the_last_line(checked: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", *DAEMON]) == checked.document["exit_code"]
    shown = capsys.readouterr().out
    assert shown.count("\nFAILED ") + shown.startswith("FAILED ") == 3
    assert "PASSED" not in shown
    assert shown.splitlines()[-1].startswith("not conformant: daemon pool-managerd 0.3.0: ")


def test_a_replay_tells_what_passed_as_well_and_every_exchange_in_full(
    checked: Checked, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = next(each for each in checked.document["scenarios"] if each["verdict"] == "failed")
    exchange = failed["transcript"][0]
    long = "x" * 2000
    failed["transcript"] = [
        exchange | {"target": f"/pools/p-{number}/status", "body": f"{number}\n{long}"} for number in range(40)
    ]
    run(["check", *DAEMON, "--replay", "PM-READY-1"])
    shown = capsys.readouterr().out
    assert "PASSED PM-STATUS-1" in shown
    assert [number for number in range(40) if f" GET /pools/p-{number}/status " not in shown.replace("POST", "GET")] == []
    assert shown.count(f"> {long}\n") == 40
    assert shown.count("> authorization: ") >= 40
    run(["check", *DAEMON])
    assert long not in capsys.readouterr().out


def test_what_a_subject_says_is_no_markup_and_steers_no_terminal(checked: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    checked.document |= {"implementation": "[red]x[/red]", "version": "[/]\x1b[2J", "complaints": ["[bold]a worker[/bold]"]}
    for scenario in checked.document["scenarios"]:
        scenario["reason"] = "[link=file:///]it[/link] \x1b]0;title\x07 [/nope]"
    for replay in ([], ["--replay", "PM-READY-1"]):
        run(["check", *DAEMON, *replay])
        shown = capsys.readouterr().out
        assert r"[link=file:///]it[/link] \x1b]0;title\x07 [/nope]" in shown
        assert r"[red]x[/red] [/]\x1b[2J" in shown
        assert "complaint: [bold]a worker[/bold]" in shown
        assert "\x1b" not in shown


def test_a_report_is_written_where_it_was_asked_for(checked: Checked, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "a" / "[b]"
    run(["check", *DAEMON, "--report", str(folder)])
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {folder}/index.html"
    assert json.loads((folder / "conformance.json").read_text(encoding="utf-8")) == checked.document


def test_the_report_and_the_exit_code_are_what_they_are_although_nobody_reads_what_is_told(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with ``poolpact check … --report report | head``."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", buffering=1) as nowhere:
        monkeypatch.setattr(sys, "stdout", nowhere)
        assert run(["check", *DAEMON, "--report", str(tmp_path / "report")]) == checked.document["exit_code"]
        monkeypatch.undo()
    assert json.loads((tmp_path / "report" / "conformance.json").read_text(encoding="utf-8")) == checked.document


def test_what_became_of_it_is_told_although_the_report_cannot_be_written(
    checked: Checked, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "report" / "index.html").mkdir(parents=True)
    assert run(["check", *DAEMON, "--report", str(tmp_path / "report")]) == 2
    output = capsys.readouterr()
    assert output.out.splitlines()[-1].startswith("not conformant: daemon pool-managerd 0.3.0: ")
    assert output.err.splitlines()[-1].startswith("poolpact: the report cannot be written")


def test_of_a_requirement_that_failed_all_over_the_first_scenarios_are_explained(
    checked: Checked, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = next(each for each in checked.document["scenarios"] if each["verdict"] == "failed")
    others = [failed | {"id": f"{failed['id']}-{n}", "name": f"another {n}", "reason": f"no {n}\nat all"} for n in range(9)]
    after = checked.document["scenarios"].index(failed) + 1
    checked.document["scenarios"][after:after] = others
    run(["check", *DAEMON])
    shown = capsys.readouterr().out
    head = f"FAILED {failed['requirement']} (MUST): "
    assert shown.count(head) == MOST_EXPLAINED
    for other in others[MOST_EXPLAINED - 1 :]:
        assert (
            f"    {other['requirement']} failed as well: {other['place']}  {other['name']}: {' '.join(other['reason'].split())}\n"
            in shown
        )
