import os
from pathlib import Path

import pytest

from poolpact.judge.known_failures import InvalidKnownFailures, KnownFailures, read_known_failures


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known.yaml"


FINE: dict[str, tuple[str, dict[str, str]]] = {
    "nothing": ("", {}),
    "nothing but a comment": ("# none\n", {}),
    "two": (
        "PM-READY-2: slow disks\nPM-AUTH-4: 'behind a proxy: its names'\n",
        {"PM-READY-2": "slow disks", "PM-AUTH-4": "behind a proxy: its names"},
    ),
    "a text of several lines": ("PM-READY-2: >\n  slow\n  disks\n", {"PM-READY-2": "slow disks"}),
    "an alias of a reason": (
        "PM-READY-2: &why slow disks\nPM-READY-3: *why\n",
        {"PM-READY-2": "slow disks", "PM-READY-3": "slow disks"},
    ),
    "a date in quotes": ("PM-READY-2: '2026-11-25'\n", {"PM-READY-2": "2026-11-25"}),
    "JSON": ('{"PM-READY-2": "slow disks"}', {"PM-READY-2": "slow disks"}),
    "a mark of its byte order": ("\ufeffPM-READY-2: slow disks\n", {"PM-READY-2": "slow disks"}),
    "what is no requirement": ("PM-NONE-1: it was renamed\n", {"PM-NONE-1": "it was renamed"}),
}


@pytest.mark.parametrize("case", FINE)
def test_each_line_is_a_requirement_and_the_reason(case: str, file: Path) -> None:
    text, reasons = FINE[case]
    file.write_text(text, encoding="utf-8")
    assert read_known_failures(file) == KnownFailures(file, reasons)


WRONG = {
    "no reason": ("PM-READY-2:\n", "line 1"),
    "a reason that says nothing": ("PM-READY-2: '  '\n", "line 1"),
    "null": ("PM-READY-2: null\n", "'null' is no reason"),
    "a tilde": ("PM-READY-2: ~\n", "'~' is no reason"),
    "yes": ("PM-READY-2: yes\n", "'yes' is no reason"),
    "a number": ("PM-READY-2: 12\n", "'12' is no reason"),
    "a date": ("PM-READY-2: 2026-11-25\n", "'2026-11-25' is no reason"),
    "another type": ("PM-READY-2: !!python/object:os.system x\n", "no reason"),
    "a list of reasons": ("PM-AUTH-1: fine\nPM-READY-2: [slow, disks]\n", "line 2"),
    "a mapping of reasons": ("PM-READY-2:\n  why: slow disks\n", "line 1"),
    "an alias of a mapping": ("PM-AUTH-1: &a why\nPM-READY-2: {b: *a}\n", "line 2"),
    "merged": ("<<: {PM-READY-2: slow}\n", "line 1"),
    "a list": ("- PM-READY-2\n", "expected lines such as"),
    "a text": ("PM-READY-2\n", "expected lines such as"),
    "a requirement that is a list": ("? [PM-READY-2]\n: slow\n", "line 1"),
    "a requirement without a name": (": slow\n", "line 1"),
    "twice": ("PM-READY-2: slow\nPM-AUTH-1: x y\nPM-READY-2: slow\n", "line 3: PM-READY-2 is listed twice"),
    "a tab": ("PM-READY-2:\n\tslow disks\n", "no YAML"),
    "an alias of nothing": ("PM-READY-2: *why\n", "no YAML"),
    "two documents": ("PM-READY-2: a\n---\nPM-READY-3: b\n", "no YAML"),
    "a colon in it": ("PM-READY-2: a: b\n", "no YAML"),
    "a control character": ("PM-READY-2: a\x07b\n", "no YAML"),
    "depth": ("[" * 5000, "no YAML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_anything_else_is_one_line_that_says_where(case: str, file: Path) -> None:
    text, culprit = WRONG[case]
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidKnownFailures) as caught:
        read_known_failures(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert culprit in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_is_not_utf8_is_no_yaml(file: Path) -> None:
    file.write_bytes("PM-READY-2: über\n".encode("latin-1"))
    with pytest.raises(InvalidKnownFailures, match="no YAML"):
        read_known_failures(file)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "missing", "No such file"), (tmp_path, "no file"), (Path("/dev/zero"), "no file")):
        with pytest.raises(InvalidKnownFailures, match=why):
            read_known_failures(path)


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidKnownFailures, match="no file"):
        read_known_failures(tmp_path / "pipe")


def test_a_name_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(InvalidKnownFailures, match="null"):
        read_known_failures(Path("a\0b"))


def test_a_file_of_megabytes_is_none(file: Path) -> None:
    file.write_text("PM-READY-2: slow disks\n" + "# more\n" * 200_000, encoding="utf-8")
    with pytest.raises(InvalidKnownFailures, match="more than"):
        read_known_failures(file)


def test_unknown_is_what_is_no_requirement() -> None:
    known = KnownFailures(None, {"PM-B-1": "b", "PM-A-1": "a", "PM-READY-2": "slow"})
    assert known.unknown({"PM-READY-2"}) == ["PM-A-1", "PM-B-1"]
