"""The wheel alone is enough: built, unpacked away from the checkout, and used from a folder where nothing else is."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PROGRAMS = ("poolpact", "pool-managerd", "orchestratord", "poolpact-engine")
KEPT = {
    "features": "poolpact/suite/features",
    "steps": "poolpact/suite/steps",
    "contracts": "poolpact/contracts",
    "poolpact/report/templates": "poolpact/report/templates",
}
"""Folders of the checkout, and where they are in the wheel."""
LONGEST = 240.0
"""Seconds after which a program hangs."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    arguments = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", *arguments, str(CHECKOUT)], check=True, timeout=LONGEST)
    (built,) = folder.glob("poolpact-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with nothing of ours but the wheel, and the libraries of the present one."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True, timeout=LONGEST)
    (libraries,) = home.glob("lib/python*/site-packages")
    arguments = ["--no-deps", "--no-index", "--disable-pip-version-check", "--quiet"]
    target = ["--python", str(home / "bin" / "python")]
    subprocess.run([sys.executable, "-m", "pip", *target, "install", *arguments, str(wheel)], check=True, timeout=LONGEST)
    present = subprocess.run(
        [sys.executable, "-c", "import yaml; print(yaml.__path__[0])"], check=True, capture_output=True, text=True
    ).stdout
    # A folder that is merely on the path: its .pth files, that of the editable installation among them, are not read.
    (libraries / "present.pth").write_text(f"{Path(present.strip()).parent}\n")
    return home / "bin"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "empty"
    made.mkdir()
    return made


def run(environment: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What comes of poolpact where no program of ours is on the path, as in an environment that is not active."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "POOL", "ORCHESTRATORD"))}
    return subprocess.run(
        [environment / "poolpact", *arguments],
        cwd=folder,
        env=kept | {"PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )


def test_everything_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    kept = [(CHECKOUT / source, place) for source, place in KEPT.items()]
    for source, place in kept:
        files = [path.relative_to(source) for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert files
        assert [str(path) for path in files if f"{place}/{path}" not in inside] == []
    assert not any(name.startswith(("tests/", "ci/", "bench/")) for name in inside)


def test_every_program_is_there(environment: Path) -> None:
    assert [name for name in PROGRAMS if not os.access(environment / name, os.X_OK)] == []


@pytest.mark.parametrize("package", ["poolpact", "pool_managerd", "orchestratord"])
def test_what_runs_is_that_of_the_wheel(package: str, environment: Path, folder: Path) -> None:
    code = f"import {package}; print({package}.__file__)"
    done = subprocess.run([environment / "python", "-c", code], cwd=folder, check=True, capture_output=True, text=True)
    assert Path(done.stdout.strip()).is_relative_to(environment.parent)


def test_an_empty_folder_is_enough_to_list(environment: Path, folder: Path) -> None:
    done = run(environment, folder, "list", "scenarios", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {each["requirement"] for each in json.loads(done.stdout)["scenarios"]} >= {"PM-HEALTH-1", "OR-REQ-1"}
    assert list(folder.iterdir()) == []


CHECKS = {
    "daemon": ("--command", "pool-managerd", "--only", "PM-HEALTH-1"),
    "orchestrator": ("--command", "orchestratord", "--only", "OR-REQ-1"),
}


def judged(environment: Path, folder: Path, side: str, requirement: str, *options: str) -> None:
    done = run(environment, folder, "check", side, *options, "--jobs", "2", "--report", "report")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "report: report/index.html"
    document = json.loads((folder / "report" / "conformance.json").read_text(encoding="utf-8"))
    assert (document["verdict"], document["subject"]) == ("conformant", side)
    assert [(each["id"], each["verdict"]) for each in document["requirements"]] == [(requirement, "passed")]
    assert sum(each["exchanges"] for each in document["scenarios"]) > 0
    assert {path.name for path in (folder / "report").iterdir()} == {"conformance.json", "junit.xml", "index.html"}


@pytest.mark.parametrize("side", CHECKS)
def test_an_empty_folder_is_enough_to_judge(side: str, environment: Path, folder: Path) -> None:
    judged(environment, folder, side, CHECKS[side][-1], *CHECKS[side])
    assert [path.name for path in folder.iterdir()] == ["report"]


HOSTILE = "raise SystemExit('this is not of the suite')\n"


def test_what_lies_in_the_folder_is_no_part_of_the_suite(environment: Path, folder: Path) -> None:
    """Its configuration, hooks, steps and features are those of somebody else's tests."""
    (folder / "behave.ini").write_text("[behave]\ndry_run = true\ntags = @none\nstop = true\nformat = nonsense\n")
    (folder / "setup.cfg").write_text("[behave]\njunit = true\n")
    (folder / "pyproject.toml").write_text("[tool.behave]\ntags = ['@none']\nrunner = 'nobody:Nothing'\n")
    for name in ("environment.py", "steps/steps.py", "steps/__init__.py", "sitecustomize.py", "conftest.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(HOSTILE)
    (folder / "features" / "steps").mkdir(parents=True)
    (folder / "features" / "environment.py").write_text(HOSTILE)
    (folder / "features" / "steps" / "steps.py").write_text(HOSTILE)
    (folder / "features" / "own.feature").write_text("Feature: own\n  Scenario: own\n    Given nothing\n")
    judged(environment, folder, "orchestrator", "OR-REQ-1", *CHECKS["orchestrator"])
