"""Durations."""

import pytest

from pool_managerd.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20s", 20),
        ("500ms", 0.5),
        ("2m", 120),
        ("1h", 3600),
        ("30", 30),
        ("0.25", 0.25),
        (" 1.5 s ", 1.5),
        ("0", 0),
        ("720h", 2592000),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "abc", "-1", "1d", "1e3", "nan", "inf", "1,5s", "1 2", "٣s", "721h", "9" * 400])
def test_everything_else_is_refused_with_what_was_given(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|30 days"):
        parse_duration(text)
