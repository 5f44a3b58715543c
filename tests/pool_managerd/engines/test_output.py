import os
import stat
from pathlib import Path

import pytest

from pool_managerd.engines.output import LOG_KEPT, LOG_LIMIT, SHOWN_LIMIT, TAIL_LIMIT, EngineOutput, last_lines, open_log


def write(path: Path, content: bytes) -> None:
    descriptor = open_log(path)
    try:
        assert os.write(descriptor, content) == len(content)
    finally:
        os.close(descriptor)


def test_a_log_is_appended_to_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "p.log"
    write(path, b"one\n")
    write(path, b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.log").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"):
        open_log(tmp_path / "p.log")
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize(
    ("content", "tail"),
    [
        (b"", ""),
        (b"one\ntwo\n", "one\ntwo"),
        (b"no newline", "no newline"),
        (b"colour \x1b[31mred\x07\ttab\r\n\x00", "colour  [31mred \ttab"),
        (b"\xff\xfeerror \xc3\xa4", "\ufffd\ufffderror ä"),
        (b"first " * 400 + b"\nlast\n", "last"),
        (b"x" * 3000, "x" * TAIL_LIMIT),
        (b"x" * 3000 + b"\n", "x" * (TAIL_LIMIT - 1)),
    ],
)
def test_the_tail_is_the_last_whole_lines(tmp_path: Path, content: bytes, tail: str) -> None:
    write(tmp_path / "p.log", content)
    assert EngineOutput(tmp_path / "p.log", 0).tail() == tail


def test_the_tail_is_of_this_incarnation(tmp_path: Path) -> None:
    path = tmp_path / "p.log"
    write(path, b"the one before\n")
    output = EngineOutput(path, path.stat().st_size)
    assert output.tail() == ""
    write(path, b"this one\n")
    assert output.tail() == "this one"


def test_the_tail_of_a_log_that_was_removed_is_empty(tmp_path: Path) -> None:
    assert EngineOutput(tmp_path / "p.log", 0).tail() == ""
    assert not EngineOutput(tmp_path / "p.log", 0).is_too_long()


def test_a_cut_keeps_the_last_whole_lines_and_the_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "p.log"
    line = b"0123456789abcde\n"
    writer = open_log(path)
    os.write(writer, line * (LOG_LIMIT // len(line)))
    output = EngineOutput(path, 0)
    assert not output.is_too_long()
    os.write(writer, b"last\n")
    assert output.is_too_long()
    output.cut()
    os.write(writer, b"and on\n")
    os.close(writer)
    kept = path.read_bytes()
    assert LOG_KEPT - len(line) <= len(kept) <= LOG_KEPT + len("and on\n")
    assert kept == line * (kept.count(b"\n") - 2) + b"last\nand on\n"
    assert not output.is_too_long()


def test_a_line_that_never_ends_is_cut_too(tmp_path: Path) -> None:
    path = tmp_path / "p.log"
    write(path, b"x" * (LOG_LIMIT + 1))
    output = EngineOutput(path, 0)
    output.cut()
    assert path.stat().st_size == LOG_KEPT


def test_after_a_cut_the_tail_is_still_of_this_incarnation(tmp_path: Path) -> None:
    path = tmp_path / "p.log"
    write(path, b"the one before\n" * (LOG_LIMIT // 15 + 1))
    output = EngineOutput(path, path.stat().st_size)
    write(path, b"this one\n")
    output.cut()
    assert path.stat().st_size <= LOG_KEPT
    assert output.tail() == "this one"


@pytest.mark.parametrize(
    ("content", "lines", "shown"),
    [
        (b"", 3, ""),
        (b"one\ntwo\n", 3, "one\ntwo\n"),
        (b"one\ntwo\n", 1, "two\n"),
        (b"one\ntwo", 1, "two\n"),
        (b"one\n\n\n", 2, "\n\n"),
        (b"\n", 5, ""),
        (b"x" * (SHOWN_LIMIT + 10) + b"\nlast\n", 10, "last\n"),
        (b"x" * (SHOWN_LIMIT + 10), 10, "x" * SHOWN_LIMIT + "\n"),
    ],
)
def test_the_last_lines_of_a_log_are_shown(tmp_path: Path, content: bytes, lines: int, shown: str) -> None:
    write(tmp_path / "p.log", content)
    assert last_lines(tmp_path / "p.log", lines) == shown


def test_what_is_no_log_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "link.log").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "fifo.log")
    (tmp_path / "folder.log").mkdir()
    for name in ("none.log", "link.log", "fifo.log", "folder.log"):
        assert last_lines(tmp_path / name, 10) == ""
