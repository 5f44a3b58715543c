import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from poolpact.judge.redaction import Redaction

TOKEN = "s3cr3t/tök-en+'1\""
HIDDEN = Redaction({TOKEN})

WRITINGS = {
    "as it is": TOKEN,
    "in a path": quote(TOKEN),
    "in a query": quote_plus(TOKEN),
    "in a query, small letters": quote_plus(TOKEN).lower(),
    "all percent-encoded": "".join(f"%{byte:02X}" for byte in TOKEN.encode()),
    "in JSON": json.dumps({"token": TOKEN}),
    "in JSON, other scripts kept": json.dumps({"token": TOKEN}, ensure_ascii=False),
    "in Python": repr({"token": TOKEN}),
    "in capitals": TOKEN.upper(),
}


@pytest.mark.parametrize("case", WRITINGS)
def test_a_secret_is_hidden_in_whichever_writing(case: str) -> None:
    shown = HIDDEN.text(f"before {WRITINGS[case]} after")
    assert "(secret)" in shown
    assert "s3cr3t" not in shown.lower()
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("before", range(5))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("token", [TOKEN, "plain-token", "\xff\xfe?>~~~"])
def test_a_secret_in_base64_cannot_be_read(token: str, before: int, encode: object) -> None:
    assert callable(encode)
    shown = Redaction({token}).text(encode(b"u" * before + token.encode() + b":rest").decode())
    beginning, hidden, end = shown.partition("(secret)")
    assert hidden
    # What is left shares at most one character, six bits, with the secret at either end.
    assert len(beginning) <= before * 8 // 6 + 1
    assert len(end) <= len(base64.b64encode(b":rest")) + 2


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert Redaction({"token", "token-and-more"}).text("a token-and-more, a token") == "a (secret), a (secret)"


def test_what_is_short_is_common() -> None:
    hidden = Redaction({"abc", ""})
    assert hidden.text("an abc of things") == "an abc of things"
    assert hidden.headers({"authorization": "Bearer abc"}) == {"authorization": "Bearer (the token)"}


def test_without_secrets_a_text_is_what_it_was() -> None:
    assert Redaction(()).text("a.b*c (secret)") == "a.b*c (secret)"


def test_signs_of_a_pattern_are_signs_of_the_secret() -> None:
    assert Redaction({"a.c*+?"}).text("abc*+? a.c*+?") == "abc*+? (secret)"


# --- headers ------------------------------------------------------------------------------------------------------

CREDENTIALS = {
    "the token": (f"Bearer {TOKEN}", "Bearer (the token)"),
    "the token, said otherwise": (f"bearer  {TOKEN}", "bearer  (the token)"),
    "another": ("Bearer something-else", "(another credential)"),
    "the token and more": (f"Bearer {TOKEN}x", "(another credential)"),
    "a part of the token": (f"Bearer {TOKEN[:-1]}", "(another credential)"),
    "the token alone": (TOKEN, "(another credential)"),
    "another scheme": ("Basic dXNlcjpwYXNz", "(another credential)"),
    "nothing": ("", "(another credential)"),
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_of_a_credential_no_part_is_shown(case: str) -> None:
    sent, shown = CREDENTIALS[case]
    assert HIDDEN.headers({"authorization": sent}) == {"authorization": shown}


@pytest.mark.parametrize("name", ["Authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"])
def test_every_credential_is_one(name: str) -> None:
    assert HIDDEN.headers({name: "whatever"}) == {name: "(another credential)"}


def test_other_headers_are_shown_without_a_secret() -> None:
    assert HIDDEN.headers({"x-note": f"a {TOKEN}", "accept": "*/*"}) == {"x-note": "a (secret)", "accept": "*/*"}


# --- what was cut -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(4, len(TOKEN)))
def test_what_is_left_of_a_secret_that_was_cut_is_hidden(size: int) -> None:
    assert HIDDEN.cut(f"told {TOKEN[:size]}", end=True) == "told (secret)"
    assert HIDDEN.cut(f"{TOKEN[-size:]} told", start=True) == "(secret) told"


def test_what_was_not_cut_keeps_its_ends() -> None:
    assert HIDDEN.cut("told s3cr3t") == "told s3cr3t"
    assert HIDDEN.cut("s3c", start=True, end=True) == "s3c"
    assert HIDDEN.cut(f"{TOKEN} told {TOKEN}", start=True, end=True) == "(secret) told (secret)"
