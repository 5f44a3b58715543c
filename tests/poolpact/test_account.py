import time
from dataclasses import replace

import pytest

from poolpact.account import (
    MOST_EXCHANGES,
    Exchange,
    Transcript,
    abridged,
    begin_recording,
    record,
    time_left,
    unrecorded,
)

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
    every = [replace(EXCHANGE, at=float(number)) for number in range(MOST_EXCHANGES + 5)]
    for exchange in every:
        record(exchange)
    half = MOST_EXCHANGES // 2
    assert transcript.exchanges == [*every[:half], *every[-half:]]
    assert transcript.exchanges == abridged(every)
    assert abridged(every[:-5]) == every[:-5]


def test_what_is_not_kept_is_counted_all_the_same(transcript: Transcript) -> None:
    for exchange in (*[replace(EXCHANGE, status=None)] * MOST_EXCHANGES, *[EXCHANGE] * MOST_EXCHANGES):
        record(exchange)
    assert transcript.counted == {EXCHANGE.url: 2 * MOST_EXCHANGES}
    assert transcript.answers == {(EXCHANGE.url, "GET", "/", 200): MOST_EXCHANGES}


def test_an_exchange_has_the_time_that_is_left_of_its_scenario(transcript: Transcript) -> None:
    assert time_left(1.0) == 1.0
    assert 50 < time_left(90.0) <= 60
    transcript.deadline = time.monotonic() - 1
    assert time_left(90.0) == 0.0
    begin_recording(None)
    assert time_left(90.0) == 90.0
