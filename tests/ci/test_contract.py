"""``make contract-check`` and ``make contract-release``."""

from pathlib import Path
from typing import Any

import pytest

from ci.contract import main
from tests.poolpact.diff.documents import DOCUMENT, Edit, edited
from tests.poolpact.diff.folders import write_contract


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_contract(Path("contracts"), states_md="# States")


@pytest.fixture
def released(contracts: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["release", str(contracts)]) == 0
    capsys.readouterr()
    return contracts


def change(contracts: Path, edit: Edit) -> None:
    write_contract(contracts, edited(edit), states_md="# States")


def close(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Request"]["additionalProperties"] = False


def closed_as(version: str) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        close(document)
        document["info"]["version"] = version

    return edit


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_release_is_a_copy_of_the_contract(contracts: Path) -> None:
    assert main(["release", str(contracts)]) == 0
    copied = files(contracts / "released" / "0.1.0")
    assert sorted(copied) == ["openapi.yaml", "pacts/a-b.json", "requirements.yaml", "schemas/handoff.json"]
    assert copied.items() <= files(contracts).items()
    assert [path.name for path in (contracts / "released").iterdir()] == ["0.1.0"]


def test_what_is_released_stays(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(released / "released")
    change(released, lambda d: d["info"].update(description="other words"))
    assert main(["release", str(released)]) == 2
    assert "contracts/released/0.1.0 is there already" in capsys.readouterr().err
    assert files(released / "released") == before


def test_no_change_and_no_break_are_green(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(released)]) == 0
    change(released, lambda d: d["info"].update(description="other words"))
    assert main(["check", str(released)]) == 0
    assert "contracts keeps what contracts/released/0.1.0 promises" in capsys.readouterr().out


def test_a_break_is_red_and_says_what_to_do(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(released, close)
    assert main(["check", str(released)]) == 1
    said = capsys.readouterr().out
    assert "breaks consumers" in said
    version = next(n for n, line in enumerate((released / "openapi.yaml").read_text().splitlines(), 1) if "version:" in line)
    assert f"contracts/openapi.yaml:{version} still says 0.1.0" in said
    assert "0.2.0 or later" in said
    assert "make contract-release" in said


def test_a_break_that_the_version_announces_is_green_and_listed(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(released, closed_as("0.2.0"))
    assert main(["check", str(released)]) == 0
    said = capsys.readouterr().out
    assert "breaks consumers" in said
    assert "the break is deliberate: contracts says 0.2.0" in said


def test_the_next_release_is_held_against_the_last(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(released, closed_as("0.1.1"))
    assert main(["release", str(released)]) == 1
    assert not (released / "released" / "0.1.1").exists()
    change(released, closed_as("0.10.0"))
    assert main(["release", str(released)]) == 0
    assert main(["check", str(released)]) == 0
    assert "contracts/released/0.10.0 (0.10.0)" in capsys.readouterr().out


def test_a_preview_is_not_released(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(contracts, lambda d: d["info"].update(version="0.1.0-rc.1"))
    assert main(["release", str(contracts)]) == 2
    assert "0.1.0-rc.1 is a preview" in capsys.readouterr().err
    assert not (contracts / "released").exists()


def test_nothing_released_cannot_be_judged(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(contracts)]) == 2
    assert capsys.readouterr().err.startswith("contract-check: contracts/released: nothing is released")


@pytest.mark.parametrize(("name", "reason"), [("0.3.0", "says 0.1.0"), ("next", "not a semantic version")])
def test_a_folder_of_another_version_cannot_be_judged(
    name: str, reason: str, released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_contract(released / "released" / name, DOCUMENT)
    assert main(["check", str(released)]) == 2
    error = capsys.readouterr().err
    assert f"contracts/released/{name}" in error
    assert reason in error
    assert error.count("\n") == 1
