from typing import Any

import pytest

from poolpact.contract.pact import Interaction
from poolpact.pact.findings import Finding, Outcome, counts, lines, mismatches_of, settled, summary


def finding(name: str, outcome: Outcome, *reasons: str, group: str | None = None) -> Finding:
    return Finding(Interaction(name, (), "core", group or name, f"pact.json:{len(name)}", {}), outcome, reasons)


def mismatched(**mismatch: Any) -> dict[str, Any]:
    return {"result": "Error", "mismatch": {"type": "mismatches", "mismatches": [mismatch]}}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"result": "OK"}, ()),
        (mismatched(type="StatusMismatch", expected=200, actual=404), ("status: expected 200, got 404",)),
        (mismatched(type="BodyMismatch", path="$.a", mismatch="is odd"), ("$.a: is odd",)),
        (mismatched(type="HeaderMismatch", key="Location", mismatch="is odd"), ("Location: is odd",)),
        ({"result": "Error", "mismatch": {"type": "error", "message": "connection closed"}}, ("no answer: connection closed",)),
        ({"result": "Error"}, ("no answer: the verifier does not say why",)),
    ],
)
def test_every_mismatch_is_put_in_words(result: Any, expected: Any) -> None:
    assert mismatches_of(result) == expected


def test_one_that_fits_settles_its_group() -> None:
    found = [finding("a", "failed", group="g"), finding("b", "ok", group="g"), finding("c", "failed"), finding("d", "blocked")]
    assert [each.outcome for each in settled(found)] == ["not needed", "ok", "failed", "blocked"]


def test_what_does_not_apply_settles_nothing() -> None:
    found = [finding("a", "failed", group="g"), finding("b", "not applicable", group="g"), finding("c", "not needed", group="g")]
    assert [each.outcome for each in settled(found)] == ["failed", "not applicable", "not needed"]


def test_a_failure_names_its_line_and_every_mismatch() -> None:
    told = list(lines([finding("a", "ok"), finding("bb", "failed", "$.x: one\n  more", "status: two")]))
    assert told[0].split() == ["ok", "a"]
    assert [line.strip() for line in told[1:]] == ["failed          bb", "pact.json:2", "$.x: one more", "status: two"]


def test_what_does_not_apply_says_why_in_its_line() -> None:
    assert list(lines([finding("a", "not applicable", "not claimed")])) == ["not applicable  a (not claimed)"]


def test_the_summary_counts() -> None:
    found = [finding("a", "ok"), finding("b", "ok"), finding("c", "failed"), finding("d", "not needed")]
    assert counts(found)["ok"] == 2
    assert summary(found, 1.25) == "interactions: 2 verified, 1 failed, 0 blocked, 1 not needed, 0 not applicable; 1.2 s"
