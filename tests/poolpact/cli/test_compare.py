"""``poolpact compare``: its exit codes and its one line of an error."""

import json
from pathlib import Path
from typing import Any

import pytest

from poolpact.cli.main import run
from tests.poolpact.report.documents import document, requirement


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def written(name: str, verdict: str, **members: Any) -> str:
        Path(name).write_text(json.dumps(document([requirement("PM-A-1", verdict)], **members)))
        return name

    return written


def test_nothing_worse_is_0(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", write("a.json", "failed"), write("b.json", "passed")]) == 0
    output = capsys.readouterr().out
    assert "PM-A-1: failed → passed" in output
    assert output.endswith("verdict: not conformant → conformant; 0 worse, 1 better\n")
    assert run(["compare", "a.json", "a.json"]) == 0


def test_something_worse_is_1(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", write("a.json", "passed"), write("b.json", "failed")]) == 1
    assert "worse: 1 requirement" in capsys.readouterr().out


def test_programs_get_json(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", write("a.json", "passed"), write("b.json", "failed"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [change["id"] for change in told["worse"]] == ["PM-A-1"]


CANNOT = {
    "no A": ["compare"],
    "no B": ["compare", "a.json"],
    "no such file": ["compare", "a.json", "none.json"],
    "a folder": ["compare", "a.json", "."],
    "no JSON": ["compare", "a.json", "text.md"],
    "no report": ["compare", "other.json", "a.json"],
    "another kind of subject": ["compare", "a.json", "o.json"],
    "an option that is none": ["compare", "a.json", "a.json", "--none"],
}


@pytest.mark.parametrize("case", CANNOT)
def test_what_cannot_be_compared_is_2_and_one_line(case: str, write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    write("a.json", "passed")
    write("o.json", "passed", subject="orchestrator", mode="mock")
    Path("text.md").write_text("# no report\n\n")
    Path("other.json").write_text("[" * 100_000)
    assert run(CANNOT[case]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("poolpact: ")
    assert output.err.count("\n") == 1
