import time

import pytest

from poolpact.account import MOST_EXCHANGES, Exchange, Transcript, begin_recording, record, time_left, unrecorded

EXCHANGE = Exchange(0.0, "judge", "http://127.0.0.1:1", "GET", "/", {}, b"", 0.1, 200)


@pytest.fixture
def transcript() -> Transcript:
    made = Transcript(time.monotonic(), time.monotonic() + 60)
    begin_recording(made)
    return made


def test_what_happens_is_recorded_unless_it_is_the_judges_own(transcript: Transcript) -> None:
    record(EXCHANGE)
    with unrecorded():
        record(EXCHANGE)
    assert transcript.exchanges == [EXCHANGE]
    begin_recording(None)
    record(EXCHANGE)
    assert transcript.exchanges == [EXCHANGE]


def test_a_transcript_does_not_grow_without_end(transcript: Transcript) -> None:
    for _ in range(MOST_EXCHANGES + 5):
        record(EXCHANGE)
    assert len(transcript.exchanges) == MOST_EXCHANGES


def test_an_exchange_has_the_time_that_is_left_of_its_scenario(transcript: Transcript) -> None:
    assert time_left(1.0) == 1.0
    assert 50 < time_left(90.0) <= 60
    transcript.deadline = time.monotonic() - 1
    assert time_left(90.0) == 0.0
    begin_recording(None)
    assert time_left(90.0) == 90.0
