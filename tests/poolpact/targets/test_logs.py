import os
import tracemalloc
from pathlib import Path

import pytest

from poolpact.logbook import LogBook
from poolpact.targets import logs
from poolpact.targets.base import Log
from poolpact.targets.logs import LogFile, NoLog, last_words

MEGABYTE = 1024 * 1024


def log_of(kind: str, folder: Path, *parts: str) -> Log:
    """One in which these parts were written, one after the other."""
    if kind == "book":
        book = LogBook()
        for part in parts:
            book.write(part)
        return book
    (folder / "log").write_text("".join(parts), encoding="utf-8", newline="")
    return LogFile(folder / "log")


@pytest.mark.parametrize("kind", ["file", "book"])
@pytest.mark.parametrize("longest", [1, 2, 5, 11, 12, 13, 100])
def test_the_tail_is_the_end_to_the_character(kind: str, longest: int, tmp_path: Path) -> None:
    parts = ("größe\n", "模型🚀\n", "x\n")
    assert log_of(kind, tmp_path, *parts).tail(longest) == "".join(parts)[-longest:]


@pytest.mark.parametrize("kind", ["file", "book"])
def test_of_nothing_there_is_no_tail(kind: str, tmp_path: Path) -> None:
    assert log_of(kind, tmp_path).tail(100) == ""
    assert NoLog().tail(100) == ""
    assert NoLog().count("x") == 0


@pytest.mark.parametrize("kind", ["file", "book"])
def test_all_of_it_is_searched(kind: str, tmp_path: Path) -> None:
    log = log_of(kind, tmp_path, "a t0ken\n", "x" * 1000 + "\n", "t0ken t0ken\n")
    assert (log.count("t0ken"), log.count("x"), log.count("more")) == (3, 1000, 0)


@pytest.mark.parametrize("size", range(1, 30))
def test_a_text_is_found_wherever_a_file_is_cut_to_read_it(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_CHUNK", size)
    assert log_of("file", tmp_path, "before tök-en, tök-en and after tök-").count("tök-en") == 2


def test_what_is_no_text_is_a_log_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"\xff\xfe\0 said")
    assert LogFile(tmp_path / "log").tail(4) == "said"
    assert LogFile(tmp_path / "log").tail(100) == "\ufffd\ufffd\0 said"


def test_a_file_that_is_gone_has_no_end_and_cannot_be_searched(tmp_path: Path) -> None:
    assert LogFile(tmp_path / "gone").tail(100) == ""
    with pytest.raises(FileNotFoundError):
        LogFile(tmp_path / "gone").count("token")


def test_a_flood_is_not_read_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        os.truncate(file.fileno(), 256 * MEGABYTE)
        file.seek(0, os.SEEK_END)
        file.write(b"the end")
    log = LogFile(tmp_path / "log")
    tracemalloc.start()
    try:
        assert log.tail(7) == "the end"
        assert log.count("the end") == 1
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * MEGABYTE


def test_last_words_begin_with_a_whole_one() -> None:
    assert last_words("a short text", 100) == "a short text"
    assert last_words("its token is s3cr3t-token, it said", 18) == "… it said"
    assert last_words("it said\nthis", 6) == "…\nthis"
    assert last_words("x" * 100, 10) == "…"
