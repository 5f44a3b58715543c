from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolpact.event_stream import COMMENT, SseEvent, SseParser

STREAM = (
    b'id: a-1\nevent: change\ndata: {"t": "\xc3\xa4"}\n\n: silence\r\n\r\ndata:1\n\nevent: reset\ndata: {}\n\nid: a-2\nevent: cut'
)
EVENTS = [SseEvent("change", {"t": "ä"}, "a-1"), SseEvent(COMMENT, None), SseEvent("message", 1), SseEvent("reset", {})]


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_events_are_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    parser = SseParser(with_comments=True)
    places = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[begin:end] for begin, end in pairwise(places)]
    assert [event for piece in pieces for event in parser.feed(piece)] == EVENTS


def test_comments_are_left_out_unless_they_are_asked_for() -> None:
    assert COMMENT not in [event.event for event in SseParser().feed(STREAM)]


@pytest.mark.parametrize("block", [b"data: {\n\n", b"data: \xff\n\n", b"data: " + b"[" * 100_000 + b"\n\n"])
def test_what_is_no_json_is_an_error(block: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        list(SseParser().feed(block))
