"""Text of a stranger."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolpact.report.printable import one_line, visible

CASES = {
    "plain": "plain",
    "two\nlines\tand a tab": "two\nlines\tand a tab",
    "\x1b[2J\x07": "\\x1b[2J\\x07",
    "a\r\nb\rc": "a\nb\\rc",
    "\x00\x7f\x9b": "\\x00\\x7f\\x9b",
    "\u202egnp.exe\u200b": "\\u202egnp.exe\\u200b",
    "line\u2028end": "line\\u2028end",
    "\ud800": "\\ud800",
    "\ufffe": "\ufffd",
    "größer → 5 µs 日本": "größer → 5 µs 日本",
}


@pytest.mark.parametrize("text", CASES)
def test_what_steers_is_written_out(text: str) -> None:
    assert visible(text) == CASES[text]


@settings(deadline=None)
@given(st.text(st.characters()))
def test_nothing_that_steers_is_left(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert not [each for each in shown if each not in "\n\t" and unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@settings(deadline=None)
@given(st.text(), st.integers(1, 50))
def test_one_line_is_one_and_not_too_long(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert "\n" not in line
    assert len(line) <= longest
