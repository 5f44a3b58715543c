import os
from pathlib import Path

import pytest

from pool_managerd.domain.errors import BinaryNotExecutable, BinaryNotFound, EngineNotAllowed, PreloadRefused
from pool_managerd.engines.programs import admit_program


@pytest.fixture
def engines(tmp_path: Path) -> Path:
    folder = tmp_path / "engines"
    folder.mkdir()
    for name, mode in (("server", 0o755), ("notes", 0o644)):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(mode)
    (folder / "link").symlink_to(folder / "server")
    (folder / "out").symlink_to("/bin/sh")
    return folder


@pytest.mark.parametrize("name", ["server", "link", "../engines/server"])
def test_a_program_in_an_allowed_folder_is_admitted(engines: Path, name: str) -> None:
    admit_program(engines / name, [Path("/nowhere"), engines])


@pytest.mark.parametrize(
    ("name", "refusal", "remedy"),
    [
        ("missing", BinaryNotFound, "does not exist"),
        ("", BinaryNotFound, "is a folder"),
        ("notes", BinaryNotExecutable, "chmod"),
        ("out", EngineNotAllowed, "POOL_MANAGERD_ENGINE_DIRS"),
        ("../missing", EngineNotAllowed, "POOL_MANAGERD_ENGINE_DIRS"),
    ],
)
def test_any_other_is_refused_with_the_remedy(engines: Path, name: str, refusal: type[PreloadRefused], remedy: str) -> None:
    with pytest.raises(refusal, match=remedy):
        admit_program(engines / name, [engines])


def test_without_folders_nothing_is_admitted(engines: Path) -> None:
    with pytest.raises(EngineNotAllowed, match="POOL_MANAGERD_ENGINE_DIRS"):
        admit_program(engines / "server", [])


def test_a_relative_path_is_refused_wherever_it_leads(engines: Path) -> None:
    with pytest.raises(EngineNotAllowed, match="absolute"):
        admit_program(Path(os.path.relpath(engines / "server")), [engines])
