import pytest

from poolpact.daemon.causes import names_cause, without, words_of


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("the engine ended: exit code 42", "code 42"),
        ("exit status 42: no such model", "code 42"),
        ("code=42", "code 42"),
        ("ended with 0", "code 0"),
        ("signal: 11 (SIGSEGV) (core dumped)", "SIGSEGV"),
        ("signal: segmentation fault", "SIGSEGV"),
        ("died of SEGV", "SIGSEGV"),
        ("returncode -11", "SIGSEGV"),
        ("exit code 139", "SIGSEGV"),
        ("signal: killed", "SIGKILL"),
        ("signal: aborted", "SIGABRT"),
        ("failed:\nno such model\n", "no such model"),
    ],
)
def test_a_cause_may_be_told_in_many_words(text: str, cause: str) -> None:
    assert names_cause(text, cause)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("the engine ended", "code 42"),
        ("exit code 142", "code 42"),
        ("after 0.42 s", "code 42"),
        ("after 42.5 s", "code 42"),
        ("exit code 4", "code 42"),
        ("it did not start", "code 0"),
        ("signal 15", "SIGSEGV"),
        ("SIGKILL", "SIGSEGV"),
        ("a skill", "SIGKILL"),
        ("there is no model", "no such model"),
    ],
)
def test_something_else_is_not_the_cause(text: str, cause: str) -> None:
    assert not names_cause(text, cause)


def test_an_id_does_not_tell_a_cause_by_chance() -> None:
    assert "42" not in without("pool gpu-42-a and gpu-42 failed", ["gpu-42", "gpu-42-a"])


def test_texts_and_numbers_are_words() -> None:
    told = {"error": {"exit_code": 42, "tail": ["a", "b"]}, "ok": False, "huge": 10**5000, "none": None}
    assert set(words_of(told)) == {"42", "a", "b"}
