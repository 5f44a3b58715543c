import os
from pathlib import Path

from poolpact.boundary.handoffs import Handoffs


def laid(folder: Path) -> tuple[Handoffs, Path]:
    handoffs = Handoffs(folder)
    handoffs.lay("p", "http://127.0.0.1:1")
    return handoffs, folder / "handoff" / "p.json"


def test_a_handoff_that_nobody_looks_at(tmp_path: Path) -> None:
    handoffs, _ = laid(tmp_path)
    assert handoffs.touched() == []
    assert handoffs.added() == []


def test_one_that_somebody_read(tmp_path: Path) -> None:
    handoffs, path = laid(tmp_path)
    os.utime(path)
    assert handoffs.touched() == [str(path)]


def test_one_that_somebody_changed_or_removed(tmp_path: Path) -> None:
    handoffs, path = laid(tmp_path)
    before = path.stat()
    path.write_text("{}")
    os.utime(path, (before.st_atime, before.st_mtime))
    assert handoffs.touched() == [str(path)]
    path.unlink()
    assert handoffs.touched() == [str(path)]


def test_a_file_that_somebody_made(tmp_path: Path) -> None:
    handoffs, path = laid(tmp_path)
    (path.parent / "q.json").write_text("{}")
    assert handoffs.added() == [str(path.parent / "q.json")]
