import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolpact.stub.telling import CannotBeTold, quoted, split_members


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1,b", {"a": "1", "b": True}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ('error="CUDA: out, of memory",slots=2', {"error": "CUDA: out, of memory", "slots": "2"}),
        ("error=it can't,x", {"error": "it can't", "x": True}),
        ("path=C:\\gpu # 1", {"path": "C:\\gpu # 1"}),
    ],
)
def test_members_are_split_at_commas_outside_quotation_marks(text: str, members: dict[str, object]) -> None:
    assert split_members(text) == members


@pytest.mark.parametrize(
    ("text", "why"), [('a="x', "quotation mark"), ("a=1,a=2", "a: is told twice"), ("a,a", "a: is told twice")]
)
def test_what_cannot_be_split_says_why(text: str, why: str) -> None:
    with pytest.raises(CannotBeTold, match=why):
        split_members(text)


@given(st.text(st.characters(codec="utf-8", exclude_characters='"', exclude_categories=["C", "Z"]), min_size=1))
def test_a_quoted_text_is_read_back(text: str) -> None:
    assert split_members(f"error={quoted(text)}") == {"error": text}
