"""``poolpact diff``: its exit codes, its one line of an error, its colours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from poolpact.cli.main import run
from tests.poolpact.cli.terminal import on_terminal
from tests.poolpact.diff.documents import DOCUMENT, edited
from tests.poolpact.diff.folders import HANDOFF, write_contract

POOLPACT = Path(sys.executable).parent / "poolpact"


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return str(write_contract(Path("old")))


@pytest.fixture
def broken(old: str) -> str:
    return str(write_contract(Path("broken"), edited(lambda d: d["paths"].pop("/health"))))


def test_no_break_is_0(old: str, capsys: pytest.CaptureFixture[str]) -> None:
    new = write_contract(Path("new"), edited(lambda d: d["paths"]["/health"]["get"].update(operationId="is_up")))
    assert run(["diff", old, str(new)]) == 0
    assert "1 change: 1 breaking neither" in capsys.readouterr().out


def test_a_break_is_1_with_or_without_a_bump(old: str, broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", old, broken]) == 1
    assert "which is not enough" in capsys.readouterr().out
    bumped = write_contract(Path("bumped"), edited(lambda d: (d["paths"].pop("/health"), d["info"].update(version="0.2.0"))))
    assert run(["diff", old, str(bumped)]) == 1
    assert "which is enough" in capsys.readouterr().out


def test_programs_get_json(old: str, broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", old, broken, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["bump"]["asks"] == "minor"


CANNOT = {
    "no OLD": ["diff"],
    "no NEW": ["diff", "old"],
    "no such file": ["diff", "old", "none.yaml"],
    "an option that is none": ["diff", "old", "--none"],
    "a revision that looks like an option": ["diff", "--", "--output=x", "old"],
    "a text": ["diff", "README.md", "old"],
    "a JSON that is no OpenAPI": ["diff", "old", "old/schemas/handoff.json"],
    "an empty file": ["diff", "empty.yaml", "old"],
    "a binary": ["diff", "binary.yaml", "old"],
    "another API": ["diff", "petstore.yaml", "old"],
    "an older OpenAPI": ["diff", "swagger.yaml", "old"],
    "a broken schema": ["diff", "old", "odd"],
    "a broken reference": ["diff", "old", "torn"],
}


@pytest.mark.parametrize("case", CANNOT)
def test_what_cannot_be_compared_is_2_and_one_line(case: str, old: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("README.md").write_text("# A contract\n\n- it: [holds\n")
    Path("empty.yaml").touch()
    Path("binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    pets = {"/pets": DOCUMENT["paths"]["/health"], "/owners": DOCUMENT["paths"]["/health"]}
    write_contract(Path("pets"), edited(lambda d: d.update(paths=pets, info={"title": "Petstore", "version": "1.0.0"})))
    Path("pets/openapi.yaml").rename("petstore.yaml")
    write_contract(Path("swagger"), edited(lambda d: d.update(openapi="3.0.3")))
    Path("swagger/openapi.yaml").rename("swagger.yaml")
    write_contract(Path("odd"), schemas__handoff_json=HANDOFF | {"type": "thing"})
    write_contract(Path("torn"), edited(lambda d: d["components"]["schemas"].pop("Status")))
    assert run(CANNOT[case]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("poolpact: ")
    assert output.err.count("\n") == 1
    culprit = {"no OLD": "OLD", "no NEW": "NEW"}.get(case) or next(
        word for word in CANNOT[case] if word not in ("diff", "old", "--")
    )
    assert culprit in output.err


def test_a_pipe_gets_plain_text(old: str, broken: str) -> None:
    done = subprocess.run([POOLPACT, "diff", old, broken], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "breaks consumers\n  GET /health\n      operation removed" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_terminal_gets_colour(old: str, broken: str, tmp_path: Path) -> None:
    code, output = on_terminal([POOLPACT, "diff", Path(old).absolute(), Path(broken).absolute()], tmp_path)
    assert code == 1
    assert "\x1b[1;31mbreaks consumers" in output
