"""The sentences of the features as faults."""

import re

import pytest

from poolpact.faults.faults import Refuse, Say, Stall
from poolpact.faults.troubles import SENTENCES, trouble


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("refuses connections", Refuse),
        ("never answers", Stall),
        ("answers with status 503", Say),
        ("answers with the JSON []", Say),
        ('answers with the JSON "ready"', Say),
        ("answers with broken JSON", Say),
    ],
)
def test_a_sentence_is_a_fault(sentence: str, fault: type) -> None:
    assert re.fullmatch(SENTENCES, sentence)
    assert isinstance(trouble(sentence), fault)


@pytest.mark.parametrize("sentence", ["sings", "behaves again", "answers with the JSON [] when it is asked for a lease", ""])
def test_what_is_no_trouble(sentence: str) -> None:
    assert not re.fullmatch(SENTENCES, sentence)
