import os
from pathlib import Path

import pytest

from poolpact.llamacpp import server
from poolpact.llamacpp.server import LlamaServerMissing, find_llama_server


def executable(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/true\n")
    path.chmod(0o755)
    return path


def test_the_variable_wins_over_the_path(tmp_path: Path) -> None:
    named = executable(tmp_path / "mine")
    executable(tmp_path / "bin" / "llama-server")
    found = find_llama_server({"LLAMA_SERVER": str(named), "PATH": str(tmp_path / "bin")})
    assert (found.path, found.origin) == (named, "$LLAMA_SERVER")


def test_the_path_wins_over_the_extra(tmp_path: Path) -> None:
    on_path = executable(tmp_path / "bin" / "llama-server")
    found = find_llama_server({"LLAMA_SERVER": "", "PATH": str(tmp_path / "bin")})
    assert (found.path, found.origin) == (on_path, "PATH")


@pytest.mark.parametrize("named", ["missing", "folder", "plain.txt"])
def test_a_variable_that_names_no_executable_is_an_error_and_no_other_server_is_taken(tmp_path: Path, named: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "plain.txt").write_text("no program")
    executable(tmp_path / "bin" / "llama-server")
    with pytest.raises(LlamaServerMissing, match="names no executable file"):
        find_llama_server({"LLAMA_SERVER": str(tmp_path / named), "PATH": str(tmp_path / "bin")})


def test_where_there_is_none_one_line_says_what_would_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PACKAGE", "poolpact_no_such_package")
    with pytest.raises(LlamaServerMissing) as missing:
        find_llama_server({"PATH": str(tmp_path)})
    assert "LLAMA_SERVER" in str(missing.value)
    assert "\n" not in str(missing.value)


def test_the_extras_server_is_found_inside_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made_up_server").mkdir()
    (tmp_path / "made_up_server" / "__init__.py").write_text("")
    program = executable(tmp_path / "made_up_server" / "bin" / "llama-server")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(server, "PACKAGE", "made_up_server")
    found = find_llama_server({"PATH": os.devnull})
    assert (found.path, found.origin) == (program, "the engine extra")
